package org

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

// alike gives letters of other scripts, and digits, that look like Latin ones: as much of the Unicode table of confusable characters (UTS #39) as names are made of.
var alike = strings.NewReplacer(
	"А", "a", "а", "a", "Α", "a", "α", "a", "В", "b", "в", "b", "Β", "b", "β", "b", "С", "c", "с", "c", "ϲ", "c", "ԁ", "d", "Е", "e", "е", "e", "Ε", "e", "ε", "e", "є", "e",
	"Н", "h", "н", "h", "һ", "h", "Η", "h", "І", "i", "і", "i", "ӏ", "i", "Ӏ", "i", "Ι", "i", "ι", "i", "Ј", "j", "ј", "j", "К", "k", "к", "k", "Κ", "k", "κ", "k",
	"М", "m", "м", "m", "Μ", "m", "Ν", "n", "η", "n", "п", "n", "О", "o", "о", "o", "Ο", "o", "ο", "o", "σ", "o", "Р", "p", "р", "p", "Ρ", "p", "ρ", "p", "ԛ", "q", "г", "r",
	"Ѕ", "s", "ѕ", "s", "Т", "t", "т", "t", "Τ", "t", "τ", "t", "υ", "u", "ν", "v", "ѵ", "v", "ԝ", "w", "ω", "w", "Х", "x", "х", "x", "Χ", "x", "χ", "x",
	"У", "y", "у", "y", "Υ", "y", "γ", "y", "Ζ", "z", "0", "o", "1", "i", "|", "i", "3", "e", "5", "s")

// outline is what is left of a name when case, accents, marks and what looks alike are the same: two names with one outline are taken for each other.
func outline(name string) string {
	folded := lang.Fold(alike.Replace(name))
	folded = strings.NewReplacer("rn", "m", "vv", "w", "l", "i").Replace(alike.Replace(folded))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, folded)
}

// notOfTeam refuses a name that would be taken for that of somebody of the team, to whoever is not of it.
func (s *Service) notOfTeam(ctx context.Context, name string) error {
	team, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT name FROM member WHERE role <> $1 AND state IN ('active', 'invited', 'suspended') AND name <> ''", string(Plain))
	if err != nil {
		return fmt.Errorf("read the names of the team: %w", err)
	}
	mine := outline(name)
	for _, n := range team {
		if mine != "" && outline(n) == mine {
			return problem.New(problem.Invalid, "org.name_of_team").On("name")
		}
	}
	return nil
}
