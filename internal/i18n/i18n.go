// Package i18n decides how the interface speaks: sentences, plurals, numbers, dates and durations in the language and time zone of whoever reads.
package i18n

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/entente/entente/locales"
)

// Pseudo is a made-up language for finding sentences that were never given to translators: every sentence comes out between brackets.
const Pseudo = "xx"

type speech struct {
	lang string
	zone *time.Location
}

type speechKey struct{}

// With returns a context in which lang ("en", "fr") is spoken and times are shown in zone (nil for UTC). An unknown language is English.
func With(ctx context.Context, lang string, zone *time.Location) context.Context {
	if zone == nil {
		zone = time.UTC
	}
	if lang != Pseudo && !Known(lang) {
		lang = "en"
	}
	return context.WithValue(ctx, speechKey{}, speech{lang, zone})
}

// Lang returns the language spoken in ctx, "en" when none was set.
func Lang(ctx context.Context) string {
	if s, ok := ctx.Value(speechKey{}).(speech); ok {
		return s.lang
	}
	return "en"
}

// Zone returns the time zone of ctx, UTC when none was set.
func Zone(ctx context.Context) *time.Location {
	if s, ok := ctx.Value(speechKey{}).(speech); ok {
		return s.zone
	}
	return time.UTC
}

// Languages lists the languages that have files, sorted.
func Languages() []string { return book().languages }

// Known reports whether lang is one of Languages.
func Known(lang string) bool { _, ok := book().sentences[lang]; return ok }

// Match picks the best of Languages for an Accept-Language header.
func Match(header string) string {
	b := book()
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return "en"
	}
	_, i, c := b.matcher.Match(tags...)
	if c == language.No {
		return "en"
	}
	return b.ordered[i]
}

// Keys lists every key of a language; whether its sentence depends on a count is its value.
func Keys(lang string) map[string]bool {
	keys := map[string]bool{}
	for key, s := range book().sentences[lang] {
		keys[key] = s.one != ""
	}
	return keys
}

// Has reports whether key has a sentence in English.
func Has(key string) bool { _, ok := book().sentences["en"][key]; return ok }

// T returns the sentence of key with args (name, value pairs) filled in. A key without a sentence comes out as itself, so that it is seen.
func T(ctx context.Context, key string, args ...any) string {
	s, lang := find(ctx, key)
	return s.say(lang, s.other, args)
}

// N is T for a sentence that depends on a count; the sentence may use {{.Count}}.
func N(ctx context.Context, key string, count int, args ...any) string {
	s, lang := find(ctx, key)
	form := s.other
	if s.one != "" && count >= 0 && plural.Cardinal.MatchPlural(book().tags[spoken(lang)], count, 0, 0, 0, 0) == plural.One {
		form = s.one
	}
	return s.say(lang, form, append([]any{"Count", Number(ctx, float64(count), 0)}, args...))
}

// find gives the sentence of key in the language of ctx, or else in English, or else the key itself.
func find(ctx context.Context, key string) (s sentence, lang string) {
	lang = Lang(ctx)
	b := book()
	s, ok := b.sentences[spoken(lang)][key]
	if !ok {
		if s, ok = b.sentences["en"][key]; !ok {
			return sentence{other: key}, "" // a key is nobody's language, not even the made-up one's
		}
	}
	return s, lang
}

// spoken is the language whose sentences are said in lang.
func spoken(lang string) string {
	if lang == Pseudo || lang == "" {
		return "en"
	}
	return lang
}

type words struct {
	languages []string
	ordered   []string
	matcher   language.Matcher
	tags      map[string]language.Tag
	sentences map[string]map[string]sentence // by language and key
}

// book is read once: the files are part of the binary.
var book = sync.OnceValue(func() *words {
	w, err := read(locales.Files())
	if err != nil {
		panic("the embedded locale files do not read: " + err.Error())
	}
	return w
})

func read(files fs.FS) (*words, error) {
	w := &words{tags: map[string]language.Tag{}, sentences: map[string]map[string]sentence{}}
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		parts := strings.Split(name, ".")
		lang := parts[len(parts)-2]
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var flat map[string]sentence
		if err := json.Unmarshal(raw, &flat); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if w.sentences[lang] == nil {
			tag, err := language.Parse(lang)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			w.sentences[lang], w.tags[lang] = map[string]sentence{}, tag
			w.languages = append(w.languages, lang)
		}
		for key, s := range flat {
			if _, twice := w.sentences[lang][key]; twice {
				return nil, fmt.Errorf("%s: %q stands twice", name, key)
			}
			w.sentences[lang][key] = s
		}
	}
	sort.Strings(w.languages)
	w.ordered = append(w.ordered, "en")
	for _, l := range w.languages {
		if l != "en" {
			w.ordered = append(w.ordered, l)
		}
	}
	tags := make([]language.Tag, len(w.ordered))
	for i, l := range w.ordered {
		tags[i] = w.tags[l]
	}
	w.matcher = language.NewMatcher(tags)
	return w, nil
}
