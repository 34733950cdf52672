package charter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/entente/entente/internal/problem"
)

// A mark tells one wording from another: who changes something gives the mark of what they have seen, and is refused when it reads otherwise by
// now. It is of the words alone, so two who work on different rules of a draft do not hinder each other.

func mark(of ...any) string {
	raw, err := json.Marshal(of)
	if err != nil {
		return "" // strings, maps of them and truth values always marshal
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// Mark is that of a rule.
func (r Rule) Mark() string { return mark(r) }

// WordsMark is that of title, preamble and note.
func (v Version) WordsMark() string { return mark(v.Title, v.Preamble, v.Note) }

// Mark is that of all that a version says.
func (v Version) Mark() string { return mark(v.Title, v.Preamble, v.Note, v.Rules) }

func overtaken() error { return problem.New(problem.Conflict, "charter.overtaken") }
