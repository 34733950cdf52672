package strategy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/entente/entente/internal/problem"
)

// stamp tells apart what people can have seen. It is not kept anywhere but in forms.
func stamp(seen ...any) string {
	text, err := json.Marshal(seen)
	if err != nil {
		return "unknown" // a number that is not finite, which nothing that is kept holds
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// overtaken refuses to save over what somebody else said since; "" saves whatever others did.
func overtaken(seen, now string) error {
	if seen == "" || seen == now {
		return nil
	}
	return problem.New(problem.Conflict, "strategy.changed_meanwhile")
}

// Stamp changes with whatever the form of an objective changes.
func (o Objective) Stamp() string {
	return stamp(o.Perspective, o.Name, o.Owner, append([]string{}, o.Stakeholders...), o.Note, o.Goal, o.GoalKind, o.Stage, append([]string{}, o.Themes...), o.DueAt.UnixMicro())
}

// Stamp changes with whatever the form of a measure changes.
func (m Measure) Stamp() string {
	m.Position, m.Seen, m.Hidden = 0, "", false
	m.BaselineAt = m.BaselineAt.UTC()
	return stamp(m)
}

// Stamp changes with what the map, its perspectives and its themes are called and look like, and which there are.
func (m Map) Stamp() string {
	seen := []any{m.Name, m.Kind, m.Scope}
	for _, p := range m.Perspectives {
		seen = append(seen, p.ID, p.Name, p.Colour)
	}
	for _, t := range m.Themes {
		seen = append(seen, t.ID, t.Name, t.Colour)
	}
	return stamp(seen...)
}
