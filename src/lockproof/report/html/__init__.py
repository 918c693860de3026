"""The report page: one HTML file from one JSON report or from many, which needs no network and no other file.

`overview` arranges the reports, `lanes` and the two `picture_` modules prepare what is drawn, `render` fills the
templates. Jinja2, which does that, comes with the extra `lockproof[html]` (docs/adr/0035).
"""
