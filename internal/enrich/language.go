package enrich

import "github.com/entente/entente/lang"

// LanguageIdentifier says in which language a post is written. What the channel says counts when the text is too short to tell.
type LanguageIdentifier struct{}

// Name is Language.
func (LanguageIdentifier) Name() string { return Language }

// Version follows the model's.
func (LanguageIdentifier) Version() string { return lang.DetectVersion }

// Enrich names the language by its ISO 639-1 code.
func (LanguageIdentifier) Enrich(in Input) Result {
	text := in.Text
	if in.Title != "" {
		text = in.Title + "\n" + text
	}
	if len(text) > 2000 {
		text = text[:2000] // a language does not change after that, and bytes cut in two are no letters
	}
	code, p := lang.Detect(text)
	if code == "" {
		return Result{Value: lang.Base(in.Hint)}
	}
	return Result{code, p}
}
