"""Reports as text for people (`text`, `recorded_history`, `mutants_text`), as JSON (`jsonfile`; read back by
`documents`), as a page for a browser (`html`), as a test (`regression`), and, issue by issue (`issues`), for programs
that know nothing of lockproof (`sarif`, `annotations`, `junit`).
"""
