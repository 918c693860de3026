"""Reports as text for people (`text`, `recorded_history`, `mutants_text`), as JSON (`jsonfile`) and as a test
(`regression`).
"""
