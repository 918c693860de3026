"""Histories recorded elsewhere: read (`jepsen`), understood (`named_models`, `class_models`), judged (`judged`)."""
