"""What is found by which words: the rules of search, pure.

Text and query are cut into the same tokens here, and the index holds nothing but these, with blanks between.
So what matches what is decided in one place, does not depend on the version of a search server, and is shown
(highlighted) by the very rule by which it was found.

- `tokens`    a text as tokens, each with the place it has in the text as it is shown
- `words`     what somebody types -> phrases, all of which must be found; there is no query syntax
- `matching`  where phrases are found
- `fragments` the part of a text that is shown for a match, with the match marked
- `scope`     which entries of which channels somebody may find
"""
