package charter

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// Words are a text in several languages, by ISO 639-1 code.
type Words map[string]string

// In is the text in lang, else in English, else in the first language that has one.
func (w Words) In(lang string) string {
	for _, l := range append([]string{lang, "en"}, slices.Sorted(maps.Keys(w))...) {
		if w[l] != "" {
			return w[l]
		}
	}
	return ""
}

// Phrases are lists of texts, by language.
type Phrases map[string][]string

// In is the list in lang, else in English, else in the first language that has one.
func (p Phrases) In(lang string) []string {
	for _, l := range append([]string{lang, "en"}, slices.Sorted(maps.Keys(p))...) {
		if len(p[l]) > 0 {
			return p[l]
		}
	}
	return nil
}

func tidy(s, field string, most int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
	if utf8.RuneCountInString(s) > most {
		return s, problem.New(problem.Invalid, "problem.too_long", "Max", most).On(field)
	}
	return s, nil
}

// checked trims the words; problems name field_LANG.
func (w Words) checked(field string, most int) (Words, error) {
	out := Words{}
	var errs []error
	for _, lang := range slices.Sorted(maps.Keys(w)) {
		if !i18n.Known(lang) {
			errs = append(errs, problem.New(problem.Invalid, "charter.language_unknown").On(field))
			continue
		}
		t, err := tidy(w[lang], field+"_"+lang, most)
		if err != nil {
			errs = append(errs, err)
		}
		if t != "" {
			out[lang] = t
		}
	}
	return out, errors.Join(errs...)
}

func (p Phrases) checked(field string) (Phrases, error) {
	out := Phrases{}
	var errs []error
	for _, lang := range slices.Sorted(maps.Keys(p)) {
		if !i18n.Known(lang) {
			errs = append(errs, problem.New(problem.Invalid, "charter.language_unknown").On(field))
			continue
		}
		for _, line := range p[lang] {
			t, err := tidy(line, field+"_"+lang, maxExample)
			if err != nil {
				errs = append(errs, err)
			}
			if t != "" {
				out[lang] = append(out[lang], t)
			}
		}
		if len(out[lang]) > maxExamples {
			errs = append(errs, problem.New(problem.Invalid, "charter.too_many_examples", "Max", maxExamples).On(field+"_"+lang))
		}
	}
	return out, errors.Join(errs...)
}

// Problems lists every problem joined in err: checks say all that is wrong at once.
func Problems(err error) []*problem.Problem {
	if err == nil {
		return nil
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*problem.Problem
		for _, e := range list.Unwrap() {
			out = append(out, Problems(e)...)
		}
		return out
	}
	if _, is := err.(*problem.Problem); !is {
		if inner := errors.Unwrap(err); inner != nil {
			return Problems(inner)
		}
	}
	return []*problem.Problem{problem.Of(err)}
}
