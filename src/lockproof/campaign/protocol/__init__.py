"""Between the two processes of a campaign: the messages, and the child as its parent sees it."""
