package org

import (
	"strings"
	"unicode"

	"github.com/entente/entente/internal/problem"
)

// checkScripts refuses a name with a word whose letters are of scripts that look alike: nobody is called so, and somebody else is.
func checkScripts(name string) error {
	for word := range strings.FieldsSeq(name) {
		scripts := 0
		for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek} {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(script, r) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return problem.New(problem.Invalid, "org.mixed_name").On("name")
		}
	}
	return nil
}
