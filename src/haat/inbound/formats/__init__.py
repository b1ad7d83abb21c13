"""Formats: what each supplier's columns mean. All turn rows into entries; one builder makes drafts of them."""
