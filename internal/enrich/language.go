package enrich

import (
	"golang.org/x/text/language"

	"github.com/entente/entente/lang"
)

// LanguageIdentifier says in which language a post is written. What the channel says is believed where the text leaves it open.
type LanguageIdentifier struct{}

// Name is Language.
func (LanguageIdentifier) Name() string { return Language }

// Version follows the model's.
func (LanguageIdentifier) Version() string { return lang.DetectVersion }

// Enrich names the language by its ISO 639-1 code.
func (LanguageIdentifier) Enrich(in Input, r *Reading) {
	hint := lang.Base(in.Hint)
	if _, err := language.ParseBase(hint); err != nil {
		hint = "" // anybody can write a tag that names no language
	}
	r.Lang, r.LangP = lang.DetectWith(in.whole(), hint)
	if r.Lang == "" {
		r.Lang, r.LangP = hint, 0
	}
}
