package charter

import (
	"context"
	"strconv"

	"github.com/entente/entente/internal/i18n"
)

type shipped struct {
	id      string
	check   Check
	binding bool
	reach   Reach
	good    int // examples
	bad     int
}

// shippedRules are the rules of the charter that comes with Entente; their words are in locales/charter.LANG.json.
func shippedRules() []shipped {
	return []shipped{
		{"says_who", SaysWho, true, Everywhere, 1, 1},
		{"knows_place", KnowsPlace, false, InPublic, 1, 1},
		{"introduced", Introduced, false, InPublic, 1, 1},
		{"brings_something", BringsSomething, true, Everywhere, 2, 1},
		{"does_not_sell", DoesNotSell, true, InPublic, 1, 2},
		{"not_aggressive", NotAggressive, true, Everywhere, 1, 2},
		{"next_step", NextStep, true, Everywhere, 2, 1},
		{"no_personal_data", NoPersonalData, true, InPublic, 1, 1},
		{"public_and_private", PublicAndPrivate, false, InPublic, 1, 1},
		{"true_and_sourced", ByPeople, true, Everywhere, 1, 1},
		{"own_mistakes", ByPeople, false, Everywhere, 1, 1},
		{"stays_in_field", ByPeople, false, Everywhere, 1, 1},
		{"private_opinion", ByPeople, true, InPublic, 1, 1},
	}
}

// Default is the charter that comes with Entente, in all languages of the interface: to begin with, and to be made one's own.
func Default() (title, preamble Words, rules []Rule) {
	say := func(key string) Words {
		w := Words{}
		for _, lang := range i18n.Languages() {
			w[lang] = i18n.T(i18n.With(context.Background(), lang, nil), key)
		}
		return w
	}
	list := func(key string, n int) Phrases {
		p := Phrases{}
		for i := range n {
			for lang, text := range say(key + "_" + strconv.Itoa(i+1)) {
				p[lang] = append(p[lang], text)
			}
		}
		return p
	}
	for _, d := range shippedRules() {
		key := "charter.default." + d.id + "."
		rules = append(rules, Rule{ID: d.id, Check: d.check, Binding: d.binding, Reach: d.reach, Sentence: say(key + "sentence"), Why: say(key + "why"),
			Good: list(key+"good", d.good), Bad: list(key+"bad", d.bad)})
	}
	return say("charter.default.title"), say("charter.default.preamble"), rules
}
