"""Histories recorded elsewhere: `jepsen` reads them, `named_models` and `class_models` have models, `judged` judges."""
