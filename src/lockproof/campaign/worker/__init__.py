"""The child process of a campaign: it runs the subject and judges what it recorded. The parent never imports it."""
