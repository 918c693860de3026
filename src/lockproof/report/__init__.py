"""Reports as text for people (`text`, `recorded_history`, `mutants_text`), as JSON (`jsonfile`; read back by
`documents`), as a page for a browser (`html`) and as a test (`regression`).
"""
