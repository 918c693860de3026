"""Campaigns: the stages joined. A child process runs and judges (`worker`), the parent decides (`check`)."""
