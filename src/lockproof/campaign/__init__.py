"""Campaigns: the stages joined. The parent (`check`, `explore`, `mutate`) decides; its child (`worker`) does."""
