package app_test

import (
	"testing"

	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/situation"
)

// situationSteps call the operations of situations. What is approved over REST was written by somebody else.
func (p *place) situationSteps(t *testing.T) []step {
	t.Helper()
	none := func(map[string]reply) request { return request{} }
	of := func(from string, body any) func(map[string]reply) request {
		return func(got map[string]reply) request {
			r := id(got[from].id())
			if body != nil {
				r = r.with(body)
			}
			return r
		}
	}
	ines, err := p.app.Org.ByEmail(t.Context(), "ines.cordelier@bruyere.example")
	if err != nil || ines == nil {
		t.Fatalf("who writes statements: %v", err)
	}
	as := org.With(t.Context(), ines)
	list, _, err := p.app.Inbox.Queue(as, inbox.OpenView, inbox.Filter{}, "", 3)
	if err != nil {
		t.Fatal(err)
	}
	var some []string
	for _, c := range list {
		some = append(some, c.ID)
	}
	v, err := p.app.Situation.Start(as, situation.Draft{Name: "Drill over REST", Drill: true, Conversations: some})
	if err != nil {
		t.Fatal(err)
	}
	w, err := p.app.Situation.Write(as, v.ID, ledger.Worded{Kind: "statement", Texts: map[string]string{"en": "We know."}}, "")
	if err != nil {
		t.Fatal(err)
	}
	words := func(map[string]reply) request { return id(w.ID) }
	return []step{
		{"open-situation", func(map[string]reply) request {
			return request{body: object{"name": "Hot batteries", "level": "crisis", "drill": true}}
		}},
		{"list-situations", none},
		{"get-situation", of("open-situation", nil)},
		{"change-situation", of("open-situation", object{"level": "serious", "why": "one lot"})},
		{"acknowledge-situation", of("open-situation", nil)},
		{"gather-conversations", of("open-situation", object{"conversations": some})},
		{"list-situation-conversations", of("open-situation", nil)},
		{"let-conversations", of("open-situation", object{"conversations": some[:1]})},
		{"finish-situation-step", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["open-situation"].id(), "step": "3"}, body: object{"note": "done"}}
		}},
		{"note-in-situation", of("open-situation", object{"text": "The supplier confirms."})},
		{"tell-of-situation", of("open-situation", object{"members": []string{ines.ID}, "others": "the mayor", "text": "One lot."})},
		{"read-situation-log", of("open-situation", nil)},
		{"write-statement", of("open-situation", object{"kind": "holding", "texts": object{"en": "We look into it."}})},
		{"list-statements", of("open-situation", nil)},
		{"get-statement", words},
		{"approve-statement", words},
		{"begin-statement", words},
		{"stop-statement", words},
		{"clear-situation", of("open-situation", object{"text": "Over."})},
		{"reopen-situation", of("open-situation", object{"text": "Not over."})},
		{"clear-situation", of("open-situation", object{"text": "Over."})},
		{"review-situation", of("open-situation", object{"well": "Quick."})},
		{"list-situation-suggestions", none},
		{"dismiss-situation-suggestion", func(map[string]reply) request { return id(some[0]) }},
		{"create-playbook", func(map[string]reply) request {
			return request{body: object{"name": "Recall", "level": "crisis", "steps": []object{{"name": "Stop selling", "minutes": 30}, {"name": "Tell all", "minutes": 60, "does": "statement"}}}}
		}},
		{"list-playbooks", none},
		{"get-playbook", of("create-playbook", nil)},
		{"replace-playbook", of("create-playbook", object{"name": "Recall", "level": "crisis", "steps": []object{{"name": "Stop selling", "minutes": 15}}})},
		{"delete-playbook", of("create-playbook", nil)},
	}
}
