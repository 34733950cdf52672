package enrich

import "github.com/entente/entente/lang"

// LanguageIdentifier says in which language a post is written. What the channel says is believed where the text leaves it open.
type LanguageIdentifier struct{}

// Name is Language.
func (LanguageIdentifier) Name() string { return Language }

// Version follows the model's.
func (LanguageIdentifier) Version() string { return lang.DetectVersion }

// Enrich names the language by its ISO 639-1 code.
func (LanguageIdentifier) Enrich(in Input, r *Reading) {
	r.Lang, r.LangP = lang.DetectWith(in.whole(), in.Hint)
	if r.Lang == "" {
		r.Lang, r.LangP = lang.Base(in.Hint), 0
	}
}
