"""The catalogue (the Item Service): what is sold, how it is described, and where in the tree it belongs.

Owns items with their variants and pictures, the category tree with its attribute schemas, and who a sku belongs to.
Store: JSON documents in four collections: `items`, `skus` (sku → item), `pictures` (key → files), `picture_urls`
(a feed's URL → what came of it); the tree is the one document `tree` of `categories`.

Hears `items.inbound` (`item.offered`, from feeds) and its own `items` (to fetch the pictures a feed names).
Publishes `items`: `item.changed` v1 {item_id, version, status}, key item_id, one per new version.

Promises:
- A change and its event commit together or not at all; a write that would change nothing makes no version and no event.
- A write that names an older version changes nothing (`Stale`); a feed never overwrites what a newer feed or a person
  wrote: `as_of_ms`, then the line, decides, however often and in whatever order the events come.
- Everything that is wrong with an item is reported at once, each with its JSON pointer; nothing is half written.
- A sku names one item for ever, whatever races: the `skus` document is claimed before the item is written.
- No file that came from outside is ever served: pictures are decoded, bounded and re-encoded without metadata.
"""
