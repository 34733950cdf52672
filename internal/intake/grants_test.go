package intake

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func in(ctx context.Context, id string, r org.Role) context.Context {
	return org.With(ctx, &org.Member{ID: id, Role: r, State: org.Active})
}

// TestWhoMayImport holds that nobody imports what they may not do by hand, nor in the name of somebody else.
func TestWhoMayImport(t *testing.T) {
	t.Parallel()
	const (
		yes    = ""
		may    = "intake.may_not"
		notYou = "intake.not_you"
	)
	callers := []struct {
		name string
		ctx  context.Context
	}{
		{"strategist", in(t.Context(), "SAM", org.Strategist)},
		{"social", in(t.Context(), "SAM", org.Social)},
		{"owner", in(t.Context(), "SAM", org.Owner)},
		{"operator", org.AsOperator(t.Context())},
	}
	for line, want := range map[string][]string{
		`{"kind":"conversation.taken","actor":"sam@us.example"}`:                                                 {may, yes, yes, yes},
		`{"kind":"conversation.noted","actor":"ada@us.example","text":"x"}`:                                      {may, notYou, yes, yes},
		`{"kind":"conversation.assigned","actor":"mailto:ada@us.example","to":"sam@us.example"}`:                 {may, notYou, yes, yes},
		`{"kind":"post.labelled","label":"sentiment","value":"negative"}`:                                        {may, yes, yes, yes},
		`{"kind":"person.added","person":{"name":"Zoé"}}`:                                                        {may, yes, yes, yes},
		`{"kind":"vote.cast","actor":"ada@us.example","value":1}`:                                                {notYou, notYou, yes, yes},
		`{"kind":"vote.cast","actor":"sam@us.example","value":1}`:                                                {yes, yes, yes, yes},
		`{"kind":"vote.cast","actor":"bo@else.example","value":1}`:                                               {yes, yes, yes, yes},
		`{"kind":"order.placed","actor":"ADA@us.example","order":{"external_id":"1"},"amount":1}`:                {notYou, notYou, yes, yes},
		`{"kind":"post.said","id":"1","author":"acct:bo@else.example","text":"Somebody else said it in public"}`: {yes, yes, yes, yes},
	} {
		var e entry
		line = strings.Replace(line, "{", `{"at":"2026-01-01T00:00:00Z",`, 1)
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Kind != ledger.PersonAdded && e.Kind != ledger.OrderPlaced {
			e.Post = "1"
		}
		var got []string
		for _, c := range callers {
			opts := Options{Now: noon(), Member: func(_ context.Context, email string) (string, bool) {
				name, ours := strings.CutSuffix(email, "@us.example")
				return map[bool]string{true: strings.ToUpper(name)}[ours], ours
			}}
			opts.begunBy(c.ctx)
			row, err := e.row(c.ctx, Place{}, []byte(line), &opts)
			key := ""
			if err != nil {
				key = problem.Of(err).Key
			} else if e.Actor == "" && e.Kind != ledger.PostSaid && row.Fact.Actor != opts.Actor {
				t.Errorf("%s as the %s is by %q", line, c.name, row.Fact.Actor)
			}
			got = append(got, key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s as strategist, social, owner, operator (-want +got):\n%s", line, diff)
		}
	}
}

// TestJobIsInTheNameOfWhoeverStartsIt has a file brought and started by one member, and started again by another.
func TestJobIsInTheNameOfWhoeverStartsIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r, log := testRunner(t, d, noon), slog.New(slog.DiscardHandler)
		o := org.New(d, log, noon)
		const email = "ada@velo.example"
		if err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: email, Password: "Pignon libre 42"}); err != nil {
			t.Fatal(err)
		}
		ada, err := o.ByEmail(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		s := New(d, r.Ledger, r.Channels, o, t.TempDir(), log, noon, nil)
		sam := in(t.Context(), "SAM", org.Strategist)
		j, err := s.Receive(sam, "a.jsonl", strings.NewReader(`{"kind":"person.added","at":"2026-01-01T00:00:00Z","person":{"name":"Zoé"}}
{"kind":"order.placed","at":"2026-01-01T00:00:00Z","actor":"ada@velo.example","order":{"external_id":"1"},"amount":1}
{"kind":"order.placed","at":"2026-01-01T00:00:00Z","actor":"bo@else.example","order":{"external_id":"2"},"amount":1}
`), -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Start(in(t.Context(), "PAT", org.Volunteer), j.ID, Order{Format: "jsonl"}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("started by whoever may not import: %v", err)
		}
		if rows, _, err := s.Look(sam, &j, "jsonl", Settings{Grants: []org.Permission{org.OrgEdit}}, 10); err != nil || len(rows) != 3 || rows[0].Refused == nil || rows[1].Refused == nil {
			t.Errorf("looked at before: %v %v", rows, err)
		}
		// What one says of oneself counts for nothing.
		order := Order{Format: "jsonl", NewChannel: " Notes", Settings: Settings{Grants: []org.Permission{org.PeopleEdit, org.OrgEdit}}}
		if _, err := s.Start(sam, j.ID, order); err != nil {
			t.Fatal(err)
		}
		run := func(member string, added, known, refused int) {
			t.Helper()
			if _, err := s.RunNext(t.Context()); err != nil {
				t.Fatal(err)
			}
			if j, err = s.Find(t.Context(), j.ID); err != nil {
				t.Fatal(err)
			}
			if p := j.Progress; j.State != Done || j.Member != member || p.Added != added || p.Known != known || p.Refused != refused {
				t.Errorf("%s: %s, %+v", j.Member, j.State, p)
			}
		}
		run("SAM", 1, 0, 2)
		if _, err := s.Start(sam, j.ID, order); err != nil {
			t.Fatal(err)
		}
		run("SAM", 0, 1, 2)
		made, _, err := o.AuditLog(org.AsOperator(t.Context()), org.AuditFilter{Action: "channel.add"})
		if err != nil || len(made) != 1 || made[0].Member != "SAM" || made[0].Object != "channel:"+j.Settings.Channel {
			t.Errorf("the channel made for it is noted as %+v, %v", made, err)
		}
		if _, err := s.Again(org.With(t.Context(), ada), j.ID); err != nil {
			t.Fatal(err)
		}
		run(ada.ID, 2, 1, 0)
		by, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT actor FROM activity ORDER BY actor")
		if diff := cmp.Diff([]string{"mailto:bo@else.example", "member:" + ada.ID, "member:" + ada.ID}, by); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if _, err := s.Again(org.AsOperator(t.Context()), j.ID); err != nil {
			t.Fatal(err)
		}
		run("", 0, 3, 0)
	})
}

// TestFactsNeedMore holds that a member who may import and not state facts by hand does not state them by a file either.
func TestFactsNeedMore(t *testing.T) {
	t.Parallel()
	file := write(t, "f.csv", []byte("Mois;Catégorie;Montant\nmars 2026;contenu;8\n"))
	for actor, c := range map[string]struct {
		grants []org.Permission
		ok     bool
	}{"": {nil, true}, "member:a": {[]org.Permission{org.MeasureEdit}, true}, "member:b": {[]org.Permission{org.InboxEdit}, false}} {
		rows, err := tryRead(t, "facts", file, Options{Actor: actor, Settings: Settings{Grants: c.grants}})
		if c.ok && (err != nil || len(rows) != 1) || !c.ok && (!problem.Is(err, problem.Forbidden) || len(rows) != 0) {
			t.Errorf("%q: %d rows, %v", actor, len(rows), err)
		}
	}
}
