package strategy

import (
	"errors"
	"maps"
	"slices"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// Words are a name in several languages, by ISO 639-1 code.
type Words map[string]string

// In is the name in lang, else in English, else in the first language that has one.
func (w Words) In(lang string) string {
	for _, l := range append([]string{lang, "en"}, slices.Sorted(maps.Keys(w))...) {
		if w[l] != "" {
			return w[l]
		}
	}
	return ""
}

// maxWords is the longest name, in characters.
const maxWords = 120

// checked trims the words and refuses none at all, unknown languages and names that are too long, on field or, for one language, on field_LANG.
func (w Words) checked(field string) (Words, error) {
	out := Words{}
	var errs []error
	for _, lang := range slices.Sorted(maps.Keys(w)) {
		if !i18n.Known(lang) {
			errs = append(errs, problem.New(problem.Invalid, "strategy.language_unknown").On(field))
			continue
		}
		t, err := text(w[lang], field+"_"+lang, maxWords)
		if err != nil {
			errs = append(errs, err)
		}
		if t != "" {
			out[lang] = t
		}
	}
	if len(out) == 0 && len(errs) == 0 {
		errs = append(errs, problem.New(problem.Invalid, "strategy.name_missing").On(field))
	}
	return out, errors.Join(errs...)
}
