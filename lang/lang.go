// Package lang decides what the words of a short text are and which language it is written in:
// text comes in, tokens, folded forms, stems and a language code go out.
//
// It depends on nothing else of the project, keeps no global state and may be used by other programs.
//
// # What is indexed
//
// [Stemmer.Stems] and the package query agree on one rule, [Words]: the indexed words of a text are
//
//   - words, numbers, #tags and @names, cut into runs of letters and digits: "e-mail" is "e mail",
//     "12.5" is "12 5", "#BonPlan" is "bonplan", "@jean_dupont@example.org" is "jean dupont example org";
//   - elided French and Italian articles and pronouns (l', d', j', qu' ...) are dropped, a possessive 's too;
//     other apostrophes disappear: "aujourd'hui" is "aujourdhui";
//   - each character of the scripts written without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) is a word;
//   - an emoji is a word, written "u1f525" (its code points, without variation selectors and skin tones);
//   - URLs, emoticons and punctuation are not indexed.
//
// Every indexed word is made of letters and digits only and holds no space, so that SQLite's unicode61 and
// PostgreSQL's "simple" configuration cut the joined string at the same places.
package lang
