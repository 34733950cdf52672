package community_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/channel"
	forum "github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

const placePassword = "Pignon libre 42"

// town is an organisation in which people of all roles, and some of none, meet communities.
type town struct {
	t   *testing.T
	db  *db.DB
	org *org.Service
	s   *community.Service
	who map[string]context.Context
}

func settle(t *testing.T, d *db.DB, options ...org.Option) *town {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	x := &town{t: t, db: d, org: org.New(d, log, time.Now, options...), who: map[string]context.Context{"nobody": t.Context()}}
	l := ledger.New(d, log, time.Now, channel.PostFollower(), people.Follower(), community.Follower())
	box, err := seal.Load("", t.TempDir())
	x.must(err)
	c := channel.New(d, l, box, channel.World{Clock: time.Now, Log: log}, log, time.Now, forum.New())
	x.s = community.New(d, l, c, x.org, log, time.Now)
	x.must(x.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", URL: "https://velo.example", OwnerName: "Owner", OwnerEmail: "owner@velo.example", Password: placePassword}))
	m, err := x.org.ByEmail(t.Context(), "owner@velo.example")
	x.must(err)
	x.who["owner"] = org.With(t.Context(), m)
	for _, r := range []org.Role{org.Strategist, org.Social, org.Volunteer} {
		x.come(string(r), r)
	}
	return x
}

func (x *town) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// come makes a member of a role, called so.
func (x *town) come(name string, r org.Role) context.Context {
	x.t.Helper()
	ctx := x.t.Context() // not by an invitation: passwords cost time, and none is needed here
	x.must(x.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, created_at)", [][]any{{id.New(), name + "@velo.example", name, string(r), "en", "UTC", "active", db.T(time.Now())}}, "")
	}))
	m, err := x.org.ByEmail(ctx, name+"@velo.example")
	x.must(err)
	x.who[name] = org.With(x.t.Context(), m)
	return x.who[name]
}

func plan(slug string, a community.Audience, rule community.SignUp) community.Plan {
	p := community.Plan{Slug: slug, Name: community.Texts{"en": slug}, Langs: []string{"en", "fr"}, Audience: a, SignUp: rule}
	if a == community.ByKind {
		p.Kinds = []string{"employee"}
	}
	return p
}

func space(slug string, a community.Access) community.SpacePlan {
	return community.SpacePlan{Slug: slug, Name: community.Texts{"en": slug}, Access: a, Holds: community.Holdings()}
}

// TestSight holds every role, and those who stand in every way to a community and its spaces, against what they may see of all kinds of both.
func TestSight(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := settle(t, d)
		for _, name := range []string{"stranger", "joined", "insider", "keeper", "guest", "grouped"} {
			x.come(name, org.Plain)
		}
		spaces := map[string]community.Space{}
		audiences := []community.Audience{community.Everybody, community.Members, community.ByKind, community.Invited, community.ByGroup} // the last is for a group of the second
		for _, a := range audiences {
			p := plan(string(a), a, community.Approval)
			if a == community.ByGroup {
				p.Groups = []string{spaces["members/invitation"].ID, spaces["public/hidden"].ID}
			}
			c, err := x.s.Add(x.who["owner"], p)
			x.must(err)
			for _, access := range community.Accesses() {
				sp, err := x.s.AddSpace(org.AsOperator(t.Context()), c.ID, space(string(access), access))
				x.must(err)
				spaces[string(a)+"/"+string(access)] = sp
			}
			for _, name := range []string{"joined", "insider", "keeper", "guest"} {
				m := org.Who(x.who[name])
				x.must(x.s.Invite(x.who["owner"], c.ID, "", m.Email))
				_, err := x.s.Join(x.who[name], c.ID, "")
				x.must(err)
				if name == "joined" {
					continue
				}
				for _, access := range community.Accesses() {
					sp := spaces[string(a)+"/"+string(access)]
					x.must(x.s.Invite(x.who["owner"], c.ID, sp.ID, m.Email))
					if name == "guest" {
						continue
					}
					_, err := x.s.JoinSpace(x.who[name], sp.ID, "")
					x.must(err)
					if name == "keeper" {
						x.must(x.s.GiveRole(x.who["owner"], c.ID, sp.ID, m.ID, community.Moderator))
					}
				}
			}
		}
		group := spaces["members/invitation"]
		grouped := org.Who(x.who["grouped"])
		x.must(x.s.Invite(x.who["owner"], group.Community, "", grouped.Email))
		_, err := x.s.Join(x.who["grouped"], group.Community, "")
		x.must(err)
		x.must(x.s.Invite(x.who["owner"], group.Community, group.ID, grouped.Email))
		if _, sees := mustSee(t, x, "grouped").Community("group"); sees {
			t.Error("who was invited into a group and did not come sees what is for the group")
		}
		_, err = x.s.JoinSpace(x.who["grouped"], group.ID, "")
		x.must(err)
		const (
			no, knows, reads, writes, keeps = community.Nothing, community.Knows, community.Reads, community.Writes, community.Moderates
		)
		type row [4]community.Reach // open, on request, by invitation, hidden
		none := row{}
		inAll := map[string]row{ // of who is let in everywhere, and of staff
			"joined": {writes, knows, knows, no}, "guest": {writes, knows, knows, knows},
			"insider": {writes, writes, writes, writes}, "keeper": {keeps, keeps, keeps, keeps},
			"owner": {keeps, keeps, knows, knows}, "social": {keeps, keeps, knows, knows}, "strategist": {writes, knows, knows, no}, "volunteer": {writes, knows, knows, no},
		}
		if len(audiences) != len(community.Audiences()) {
			t.Error("an audience is not looked at")
		}
		for _, a := range audiences {
			want := map[string]row{"nobody": none, "stranger": none, "grouped": none}
			for who, r := range inAll {
				want[who] = r
			}
			switch a {
			case community.Everybody:
				want["nobody"], want["stranger"], want["grouped"] = row{reads, knows, knows, no}, row{reads, knows, knows, no}, row{reads, knows, knows, no}
			case community.Members:
				want["grouped"] = row{writes, knows, writes, no}
			case community.ByGroup:
				want["grouped"] = row{writes, knows, knows, no}
			}
			for who, r := range want {
				o, err := x.s.Sees(x.who[who], nil)
				x.must(err)
				var again community.Sight
				x.must(d.Tx(x.who[who], func(ctx context.Context, q db.Q) (err error) {
					again, err = x.s.Sees(ctx, q)
					return err
				}))
				for i, access := range community.Accesses() {
					sp := spaces[string(a)+"/"+string(access)]
					if got := o.Reach(sp.ID); got != r[i] {
						t.Errorf("%s of a community for %s: %s gets %d, want %d", access, a, who, got, r[i])
					}
					if again.Reach(sp.ID) != o.Reach(sp.ID) {
						t.Errorf("%s of a community for %s: %s sees otherwise in a transaction", access, a, who)
					}
					_, known := o.SpaceByID(sp.ID)
					if known != (r[i] >= knows) || o.May(sp.ID) != (r[i] >= reads) || slices.Contains(o.Readable(""), sp.ID) != o.May(sp.ID) {
						t.Errorf("%s of a community for %s: what is told %s does not agree", access, a, who)
					}
					// What the condition of lists, counts and searches gives is what May says.
					var w db.Where
					w.And("s.id = ?", sp.ID)
					o.Where(d.Read(), &w, "s.id")
					n, _, err := db.Value[int64](t.Context(), d.Read(), "SELECT count(*) FROM community_space s "+w.String(), w.Args...)
					x.must(err)
					if (n == 1) != o.May(sp.ID) {
						t.Errorf("%s of a community for %s: a list gives %s %d rows", access, a, who, n)
					}
				}
			}
		}
		// Whoever goes out of the group sees no more what is for it.
		x.must(x.s.PutOut(x.who["owner"], group.Community, group.ID, grouped.ID))
		if _, sees := mustSee(t, x, "grouped").Community("group"); sees {
			t.Error("who was put out of a group sees what is for the group")
		}
		for name, groups := range map[string][]string{"none": nil, "open": {spaces["members/open"].ID}, "unknown": {"nothing"}} {
			p := plan("for-"+name, community.ByGroup, community.Open)
			p.Groups = groups
			if _, err := x.s.Add(x.who["owner"], p); !problem.Is(err, problem.Invalid) || problem.Of(err).Field != "groups" {
				t.Errorf("a community for groups that are %s: %v", name, err)
			}
		}
		// Whoever leaves the community has left its groups.
		c, _ := mustSee(t, x, "insider").Community("members")
		x.must(x.s.PutOut(x.who["owner"], c.ID, "", org.Who(x.who["insider"]).ID))
		if got := mustSee(t, x, "insider").Readable(c.ID); got != nil {
			t.Errorf("somebody put out still reads %v", got)
		}
		// A closed one is seen by those alone who can open it again.
		x.must(x.s.Close(x.who["owner"], c.ID, true))
		for who, want := range map[string]bool{"nobody": false, "keeper": false, "volunteer": false, "social": true, "owner": true} {
			if _, sees := mustSee(t, x, who).ByID(c.ID); sees != want {
				t.Errorf("%s sees a closed community: %t", who, sees)
			}
		}
	})
}

func mustSee(t *testing.T, x *town, who string) community.Sight {
	t.Helper()
	o, err := x.s.Sees(x.who[who], nil)
	x.must(err)
	return o
}

// A community by relationship is for those whose person is of one of its kinds.
func TestKinds(t *testing.T) {
	t.Parallel()
	x := settle(t, dbtest.SQLite(t))
	c, err := x.s.Add(x.who["owner"], plan("team", community.ByKind, community.Open))
	x.must(err)
	colleague, other := x.come("colleague", org.Plain), x.come("other", org.Plain)
	p := people.New(x.db, ledger.New(x.db, slog.New(slog.DiscardHandler), time.Now, channel.PostFollower(), people.Follower(), community.Follower()), x.org, slog.New(slog.DiscardHandler), time.Now)
	for name, kind := range map[string]string{"colleague": "employee", "other": "customer"} {
		_, err := p.Add(x.who["owner"], ledger.Person{Name: name, Kinds: []string{kind}, Identities: []ledger.Identity{{URI: "mailto:" + name + "@velo.example"}}})
		x.must(err)
	}
	for _, w := range []struct {
		name string
		ctx  context.Context
		sees bool
	}{{"colleague", colleague, true}, {"other", other, false}} {
		o, err := x.s.Sees(w.ctx, nil)
		x.must(err)
		if _, sees := o.ByID(c.ID); sees != w.sees {
			t.Errorf("%s sees the team: %t", w.name, sees)
		}
		if _, err := x.s.Join(w.ctx, c.ID, ""); (err == nil) != w.sees {
			t.Errorf("%s joins: %v", w.name, err)
		}
	}
	sees := func(want bool) {
		t.Helper()
		o, err := x.s.Sees(colleague, nil)
		x.must(err)
		if _, sees := o.ByID(c.ID); sees != want {
			t.Errorf("the colleague sees the team: %t", sees)
		}
	}
	// Put out outweighs what somebody is, until they are invited again.
	x.must(x.s.PutOut(x.who["owner"], c.ID, "", org.Who(colleague).ID))
	sees(false)
	if _, err := x.s.Join(colleague, c.ID, ""); err == nil {
		t.Error("who was put out joins again")
	}
	x.must(x.s.Invite(x.who["owner"], c.ID, "", "colleague@velo.example"))
	sees(true)
	// Who is an employee no more does not see it, and again when they are.
	found, _, err := p.ByIdentity(x.who["owner"], "mailto:colleague@velo.example")
	x.must(err)
	x.must(p.Describe(x.who["owner"], found.Person, ledger.Person{NotKinds: []string{"employee"}}))
	sees(false)
	x.must(p.Describe(x.who["owner"], found.Person, ledger.Person{Kinds: []string{"employee"}}))
	sees(true)
}

func TestJoining(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := settle(t, d)
		a, b := x.come("ann", org.Plain), x.come("ben", org.Plain)
		ann, ben := org.Who(a), org.Who(b)
		open, err := x.s.Add(x.who["owner"], plan("open", community.Everybody, community.Open))
		x.must(err)
		ask, err := x.s.Add(x.who["owner"], plan("ask", community.Members, community.Approval))
		x.must(err)
		shut, err := x.s.Add(x.who["owner"], plan("shut", community.Invited, community.Open))
		x.must(err)
		if shut.SignUp != community.Closed {
			t.Errorf("one can sign up to a community for invited people: %s", shut.SignUp)
		}
		group, err := x.s.AddSpace(x.who["owner"], open.ID, space("group", community.OnRequest))
		x.must(err)
		secret, err := x.s.AddSpace(x.who["owner"], open.ID, space("secret", community.Hidden))
		x.must(err)
		state := func(got community.State, err error, want community.State) {
			t.Helper()
			if err != nil || got != want {
				t.Errorf("stands %q (%v), want %q", got, err, want)
			}
		}
		refusal := func(err error, want problem.Code) {
			t.Helper()
			if !problem.Is(err, want) {
				t.Errorf("answered %v, want %s", err, want)
			}
		}
		_, err = x.s.Join(t.Context(), open.ID, "")
		refusal(err, problem.Unauthenticated)
		got, err := x.s.Join(a, open.ID, "")
		state(got, err, community.In)
		got, err = x.s.Join(a, ask.ID, "I ride "+unseen+"every day")
		state(got, err, community.Asked)
		_, err = x.s.Join(a, shut.ID, "")
		refusal(err, problem.Missing) // it does not say that it is there
		got, err = x.s.JoinSpace(a, group.ID, "please")
		state(got, err, community.Asked)
		_, err = x.s.JoinSpace(a, secret.ID, "")
		refusal(err, problem.Missing)
		refusal(x.s.LetIn(b, ask.ID, "", ann.ID), problem.Missing)
		refusal(x.s.LetIn(b, open.ID, group.ID, ann.ID), problem.Forbidden)
		refusal(x.s.LetIn(x.who["volunteer"], ask.ID, "", ann.ID), problem.Forbidden)
		_, err = x.s.Among(b, ask.ID, "", community.Asked)
		refusal(err, problem.Missing)
		list, err := x.s.Among(x.who["social"], ask.ID, "", community.Asked)
		x.must(err)
		if len(list) != 1 || list[0].Words != "I ride every day" || list[0].Name != "ann" {
			t.Errorf("those who ask: %+v", list)
		}
		x.must(x.s.LetIn(x.who["social"], ask.ID, "", ann.ID))
		x.must(x.s.LetIn(x.who["social"], open.ID, group.ID, ann.ID))
		refusal(x.s.LetIn(x.who["social"], ask.ID, "", ann.ID), problem.Conflict)
		// Members of a group know each other's names, not their addresses.
		list, err = x.s.Among(a, open.ID, group.ID, community.In)
		x.must(err)
		for _, l := range list {
			if l.Email != "" {
				t.Errorf("%s's address is told to a member", l.Name)
			}
		}
		// A moderator of a group decides who is in it, and not in others.
		x.must(x.s.GiveRole(x.who["owner"], open.ID, group.ID, ann.ID, community.Moderator))
		x.must(x.s.Invite(a, open.ID, group.ID, ben.Email))
		got, err = x.s.JoinSpace(b, group.ID, "")
		state(got, err, community.In)
		x.must(x.s.PutOut(a, open.ID, group.ID, ben.ID))
		refusal(x.s.Invite(a, open.ID, secret.ID, ben.Email), problem.Missing)
		refusal(x.s.Invite(a, open.ID, "", ben.Email), problem.Forbidden)
		x.must(x.s.LeaveSpace(a, group.ID))
		if mustSee(t, x, "ann").MayModerate(group.ID) {
			t.Error("a moderator who left still moderates")
		}
		// Somebody invited who declines, or who is put out, does not come in by themselves.
		x.must(x.s.Invite(x.who["owner"], shut.ID, "", ben.Email))
		if !mustSee(t, x, "ben").Shows(shut.ID) || mustSee(t, x, "ann").Shows(shut.ID) {
			t.Error("an invitation is shown to the wrong one")
		}
		x.must(x.s.Leave(b, shut.ID))
		_, err = x.s.Join(b, shut.ID, "")
		refusal(err, problem.Missing)
	})
}

func TestPlans(t *testing.T) {
	t.Parallel()
	x := settle(t, dbtest.SQLite(t))
	good, err := x.s.Add(x.who["owner"], plan("sail", community.Everybody, community.Open))
	x.must(err)
	if _, err := x.s.Add(x.who["volunteer"], plan("other", community.Everybody, community.Open)); !problem.Is(err, problem.Forbidden) {
		t.Errorf("a volunteer makes a community: %v", err)
	}
	for name, c := range map[string]struct {
		change func(p *community.Plan)
		field  string
	}{
		"upper case is put right": {func(p *community.Plan) { p.Slug = " Wake " }, ""},
		"slug with a slash":       {func(p *community.Plan) { p.Slug = "a/b" }, "slug"},
		"slug of somebody":        {func(p *community.Plan) { p.Slug = "sail" }, "slug"},
		"no language":             {func(p *community.Plan) { p.Langs = []string{"xx", "tlh"} }, "langs"},
		"no name":                 {func(p *community.Plan) { p.Name = community.Texts{"fr": "Quille"} }, "name_en"},
		"long name":               {func(p *community.Plan) { p.Name["en"] = strings.Repeat("é", 81) }, "name_en"},
		"no such audience":        {func(p *community.Plan) { p.Audience = "all" }, "audience"},
		"kinds without kinds":     {func(p *community.Plan) { p.Audience = community.ByKind }, "kinds"},
		"host with a path":        {func(p *community.Plan) { p.Host = "a.example/x" }, "host"},
		"host that is an address": {func(p *community.Plan) { p.Host = "127.0.0.1" }, "host"},
		"our own host":            {func(p *community.Plan) { p.Host = "VELO.example" }, "host"},
		"host with a port":        {func(p *community.Plan) { p.Host = "a.example:80" }, "host"},
		"no colour":               {func(p *community.Plan) { p.Look.Accent = "red;}" }, "accent"},
		"faint text":              {func(p *community.Plan) { p.Look.Text = "#999999" }, "text"},
		"dark page in the light":  {func(p *community.Plan) { p.Look.Background = "#202020" }, "text"},
		"no such letters":         {func(p *community.Plan) { p.Look.Font = "url(x)" }, "font"},
	} {
		p := plan("keel", community.Everybody, community.Open)
		c.change(&p)
		_, err := x.s.Add(x.who["owner"], p)
		var fields []string
		for _, one := range community.Problems(err) {
			fields = append(fields, one.Field)
		}
		if c.field == "" && err != nil || c.field != "" && !slices.Contains(fields, c.field) {
			t.Errorf("%s: %v (fields %v)", name, err, fields)
		}
	}
	for _, word := range community.Reserved() {
		if _, err := x.s.AddSpace(x.who["owner"], good.ID, space(word, community.OpenSpace)); err == nil {
			t.Errorf("a space is called %s", word)
		}
	}
	p := good.Planned()
	p.Host = "Sail.Example."
	c, err := x.s.Change(x.who["owner"], good.ID, p)
	x.must(err)
	if got := x.s.URL(t.Context(), c); got != "https://sail.example" {
		t.Errorf("its address is %s", got)
	}
	m, err := x.s.Map(t.Context())
	x.must(err)
	if _, found := m.ByHost("sail.example"); !found {
		t.Error("nothing has the host name")
	}
	if _, found := m.ByHost(""); found {
		t.Error("something has no host name and is found by it")
	}
}

// Whatever colours are given: either they are refused, or all text can be read, in the light and in the dark.
func TestLooks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		colour := rapid.Custom(func(t *rapid.T) string {
			if rapid.Bool().Draw(t, "left open") {
				return ""
			}
			return fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "colour"))
		})
		l := community.Look{Accent: colour.Draw(t, "accent"), AccentDark: colour.Draw(t, "accent in the dark"), Background: colour.Draw(t, "background"),
			BackgroundDark: colour.Draw(t, "background in the dark"), Text: colour.Draw(t, "text"), TextDark: colour.Draw(t, "text in the dark")}
		l, err := l.Checked()
		if err != nil {
			return
		}
		if fill, ink := l.Mark(); community.Contrast(fill, ink) < community.Legible {
			t.Fatalf("the mark: %s on %s", ink, fill)
		}
		tokens := map[string][2]string{"paper": {"#fbfaf8", "#141615"}, "ink": {"#1b201e", "#e9ece9"}, "accent": {"#0e6458", "#62c6b4"}}
		for _, line := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(l.CSS(), ":root{"), "}\n"), ";") {
			name, v, found := strings.Cut(line, ":light-dark(")
			if light, dark, both := strings.Cut(strings.TrimSuffix(v, ")"), ","); found && both {
				tokens[strings.TrimPrefix(name, "--")] = [2]string{light, dark}
			}
		}
		for i, on := range [][]string{{tokens["paper"][0], "#ffffff"}, {tokens["paper"][1], "#1b1e1c"}} {
			for _, back := range on {
				for _, word := range []string{"ink", "accent"} {
					if got := community.Contrast(tokens[word][i], back); got < community.Legible {
						t.Fatalf("%s %s on %s: %.2f in %s", word, tokens[word][i], back, got, l.CSS())
					}
				}
			}
			for word, back := range map[string]string{"on-accent": "accent", "accent-ink": "accent-soft"} {
				if pair, set := tokens[word]; set && community.Contrast(pair[i], tokens[back][i]) < community.Legible {
					t.Fatalf("%s on %s: %s", word, back, l.CSS())
				}
			}
		}
	})
}

// post catches mails.
type post struct{ sent chan string }

func (p post) Send(_ context.Context, to, _, text string) error {
	p.sent <- to + "\n" + text
	return nil
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mail := post{make(chan string, 10)}
		x := settle(t, d, org.WithMailer(mail))
		for len(mail.sent) > 0 {
			<-mail.sent
		}
		ctx := t.Context()
		c, err := x.s.Add(x.who["owner"], plan("sail", community.Members, community.Open))
		x.must(err)
		x.must(x.org.Wait(ctx))
		for len(mail.sent) > 0 {
			<-mail.sent
		}
		in := community.NewMember{Name: "Nadia", Email: "nadia@post.example", Password: "Potence souple 7", Lang: "en", To: "/c/sail/ask"}
		up, err := x.s.SignUp(ctx, c, in, org.Visit{})
		x.must(err)
		x.must(x.org.Wait(ctx))
		told := <-mail.sent
		_, rest, found := strings.Cut(told, "https://velo.example/c/sail/confirm/")
		secret, _, _ := strings.Cut(rest, "\n")
		if !found || up.Approval || !strings.HasPrefix(told, "nadia@post.example") {
			t.Fatalf("mailed: %s", told)
		}
		if _, err := x.org.SignIn(ctx, in.Email, in.Password, org.Visit{}); err == nil {
			t.Error("somebody who did not confirm signs in")
		}
		// Whoever reads the mail alone, in another browser and without the password, makes no account.
		if _, _, err := x.s.Confirm(ctx, secret, "", "", org.Visit{}); !problem.Is(err, problem.Invalid) {
			t.Errorf("confirmed without proof: %v", err)
		}
		if _, _, err := x.s.Confirm(ctx, secret, strings.Repeat("x", 40), "guess", org.Visit{}); !problem.Is(err, problem.Invalid) {
			t.Errorf("confirmed with a guess: %v", err)
		}
		token, w, err := x.s.Confirm(ctx, secret, up.Browser, "", org.Visit{})
		x.must(err)
		m, _, err := x.org.Authenticate(ctx, token)
		x.must(err)
		if diff := cmp.Diff([]string{"Nadia", "member", "/c/sail/ask"}, []string{m.Name, string(m.Role), w.To}); diff != "" {
			t.Error(diff)
		}
		o, err := x.s.Sees(org.With(ctx, m), nil)
		x.must(err)
		if !o.Joined(c.ID) {
			t.Error("who signed up to a community has not joined it")
		}
		verified, _, err := db.Value[int64](ctx, d.Read(), "SELECT verified FROM identity WHERE uri = 'mailto:nadia@post.example' AND person <> ''")
		x.must(err)
		if verified != 1 {
			t.Error("the confirmed address is no verified identity")
		}
		if _, _, err := x.s.Confirm(ctx, secret, up.Browser, "", org.Visit{}); !problem.Is(err, problem.Missing) {
			t.Errorf("a link works twice: %v", err)
		}
		// Whose address it is already is told by mail alone.
		again, err := x.s.SignUp(ctx, c, in, org.Visit{})
		x.must(err)
		x.must(x.org.Wait(ctx))
		if told := <-mail.sent; again.Approval || strings.Contains(told, "/confirm/") || !strings.Contains(told, "account already") {
			t.Errorf("mailed: %s", told)
		}
	})
}

func TestSignUpWithoutMail(t *testing.T) {
	t.Parallel()
	x := settle(t, dbtest.SQLite(t))
	ctx := t.Context()
	c, err := x.s.Add(x.who["owner"], plan("sail", community.Members, community.Approval))
	x.must(err)
	in := community.NewMember{Name: "Nadia", Email: "nadia@post.example", Password: "Potence souple 7", Lang: "en"}
	up, err := x.s.SignUp(ctx, c, in, org.Visit{})
	x.must(err)
	if !up.Approval {
		t.Error("nobody is asked")
	}
	if _, err := x.org.SignUps(x.who["social"]); !problem.Is(err, problem.Forbidden) {
		t.Errorf("the social team reads sign-ups: %v", err)
	}
	list, err := x.org.SignUps(x.who["owner"])
	x.must(err)
	if len(list) != 1 || list[0].Email != in.Email {
		t.Fatalf("waiting: %+v", list)
	}
	x.must(x.s.Approve(x.who["owner"], list[0].ID))
	token, err := x.org.SignIn(ctx, in.Email, in.Password, org.Visit{})
	x.must(err)
	m, _, err := x.org.Authenticate(ctx, token)
	x.must(err)
	o, err := x.s.Sees(org.With(ctx, m), nil)
	x.must(err)
	if !o.Joined(c.ID) {
		t.Error("who was agreed to has not joined")
	}
	shut, err := x.s.Add(x.who["owner"], plan("shut", community.Members, community.Closed))
	x.must(err)
	if _, err := x.s.SignUp(ctx, shut, in, org.Visit{}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("one signs up where one is invited: %v", err)
	}
}

// TestInvitedByAddress: who has no account gets a link that makes one and lets them in, once; it makes nobody anything else, and only who decides about accounts is given it
// to pass on.
func TestInvitedByAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mail := post{make(chan string, 50)}
		for _, mails := range []bool{false, true} {
			var options []org.Option
			if mails {
				options = append(options, org.WithMailer(mail))
			}
			var x *town
			if !mails {
				x = settle(t, d)
			} else {
				x = settle(t, dbtest.SQLite(t), options...)
			}
			box, err := seal.New(make([]byte, 32))
			x.must(err)
			x.s.WithKeys(box)
			c, err := x.s.Add(x.who["owner"], plan("den", community.Invited, community.Closed))
			x.must(err)
			in := community.NewMember{Name: "Zoé", Password: "Un vélo jaune 42", Lang: "en"}
			come := func(link string) (string, error) {
				return x.s.Come(t.Context(), c, link[strings.LastIndex(link, "/")+1:], in, org.Visit{IP: "192.0.2.7"})
			}
			if err := x.s.InviteAddress(x.who["strategist"], c.ID, "", "zoe@post.example"); !problem.Is(err, problem.Forbidden) {
				t.Errorf("who does not decide invites: %v", err)
			}
			if err := x.s.InviteAddress(x.who["owner"], c.ID, "", "not an address"); !problem.Is(err, problem.Invalid) {
				t.Errorf("no address: %v", err)
			}
			x.must(x.s.InviteAddress(x.who["owner"], c.ID, "", " Zoe@post.example"))
			list, err := x.s.Invitations(x.who["owner"], c.ID, "")
			x.must(err)
			if len(list) != 1 || list[0].Email != "zoe@post.example" || list[0].Mailed != mails || (list[0].Link == "") != mails {
				t.Fatalf("mail %t: %+v", mails, list)
			}
			link := list[0].Link
			if mails {
				text := <-mail.sent
				for !strings.Contains(text, "/invited/") {
					text = <-mail.sent
				}
				link = text[strings.Index(text, "https://velo.example/c/den/invited/"):]
				link, _, _ = strings.Cut(link, "\n")
			} else {
				if err := x.s.InviteAddress(x.who["social"], c.ID, "", "yan@post.example"); !problem.Is(err, problem.Invalid) {
					t.Errorf("who makes no accounts makes one without a mail: %v", err)
				}
				if list, err := x.s.Invitations(x.who["social"], c.ID, ""); err != nil || len(list) != 1 || list[0].Link != "" {
					t.Errorf("who makes no accounts is given the link: %+v %v", list, err)
				}
			}
			last := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(link, "0")]
			for _, bad := range []string{link[:len(link)-1] + last, "x", strings.Replace(link, "/invited/", "/invited/0", 1)} {
				if _, err := come(bad); !problem.Is(err, problem.Missing) {
					t.Errorf("%s lets in: %v", bad, err)
				}
			}
			if _, _, err := x.s.InvitationOf(t.Context(), community.Community{ID: "other"}, link[strings.LastIndex(link, "/")+1:]); !problem.Is(err, problem.Missing) {
				t.Errorf("the link is good elsewhere: %v", err)
			}
			other := x.come("other", org.Plain)
			if _, err := x.s.Come(other, c, link[strings.LastIndex(link, "/")+1:], in, org.Visit{}); !problem.Is(err, problem.Forbidden) {
				t.Errorf("somebody else takes it: %v", err)
			}
			token, err := come(link)
			x.must(err)
			m, err := x.org.ByEmail(t.Context(), "zoe@post.example")
			x.must(err)
			if token == "" || m.Role != org.Plain || m.State != org.Active || m.Name != "Zoé" {
				t.Errorf("made is %+v", m)
			}
			x.who["zoe"] = org.With(t.Context(), m)
			if !mustSee(t, x, "zoe").Joined(c.ID) {
				t.Error("who came is not in")
			}
			n, _, err := db.Value[int](t.Context(), x.db.Read(), "SELECT COUNT(*) FROM identity WHERE uri = 'mailto:zoe@post.example' AND verified = $1", db.B(mails))
			x.must(err)
			if n != 1 {
				t.Errorf("an address is taken for proved where mail %t", mails)
			}
			if _, err := come(link); !problem.Is(err, problem.Missing) {
				t.Errorf("the link works twice: %v", err)
			}
			// Taken back, it is dead; and nobody becomes one of the team who was invited into it.
			x.must(x.s.InviteAddress(x.who["owner"], c.ID, "", "xia@post.example"))
			list, err = x.s.Invitations(x.who["owner"], c.ID, "")
			x.must(err)
			x.must(x.s.Uninvite(x.who["owner"], c.ID, "", list[0].ID))
			if list, err = x.s.Invitations(x.who["owner"], c.ID, ""); err != nil || len(list) != 0 {
				t.Errorf("taken back, there is %+v %v", list, err)
			}
			if mails {
				x.reminded(c, mail.sent)
			}
			x.invitedIntoGroup(c, mail.sent, mails)
			if mails {
				continue
			}
			x.must(x.s.InviteAddress(x.who["owner"], c.ID, "", "will@post.example"))
			if list, err = x.s.Invitations(x.who["owner"], c.ID, ""); err != nil || len(list) != 1 {
				t.Fatalf("%+v %v", list, err)
			}
			_, err = x.org.Invite(x.who["owner"], org.Invite{Email: "will@post.example", Role: org.Owner})
			x.must(err)
			if _, err := come(list[0].Link); !problem.Is(err, problem.Conflict) {
				t.Errorf("a link into a community makes somebody of the team: %v", err)
			}
		}
	})
}

// reminded: an invitation that nobody took goes out once more after a week, in the name of who may still invite, and never again.
func (x *town) reminded(c community.Community, sent <-chan string) {
	x.t.Helper()
	for _, address := range []string{"yuki@post.example", "left@post.example"} {
		x.must(x.s.InviteAddress(x.who["owner"], c.ID, "", address))
	}
	for len(sent) > 0 {
		<-sent
	}
	mails := func(want int, when string) {
		x.t.Helper()
		x.must(x.s.RemindInvited(x.t.Context()))
		if len(sent) != want {
			x.t.Errorf("%s: %d mails, want %d", when, len(sent), want)
		}
		for len(sent) > 0 {
			if text := <-sent; !strings.Contains(text, "/c/den/invited/") {
				x.t.Errorf("%s, what goes out is %s", when, text)
			}
		}
	}
	set := func(what string, args ...any) {
		x.must(x.db.Tx(x.t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE community_invitation SET "+what, args...)
			return err
		}))
	}
	mails(0, "within the week")
	set("made_by = 'gone' WHERE email = $1", "left@post.example")
	week := db.T(time.Now().AddDate(0, 0, -8))
	set("at = $1", week)
	mails(1, "after a week")
	set("at = $1", week)
	mails(0, "after another")
	list, err := x.s.Invitations(x.who["owner"], c.ID, "")
	x.must(err)
	for _, v := range list {
		if v.Over {
			x.t.Errorf("what was sent again ran out: %+v", v)
		}
		x.must(x.s.Uninvite(x.who["owner"], c.ID, "", v.ID))
	}
}

// invitedIntoGroup: whoever is invited into a group comes into its community too; its moderators invite where the community lets everybody in; what was not answered is
// sent again. shut is a community for those invited.
func (x *town) invitedIntoGroup(shut community.Community, sent <-chan string, mails bool) {
	x.t.Helper()
	yard, err := x.s.Add(x.who["owner"], plan("yard", community.Everybody, community.Open))
	x.must(err)
	groups := map[string]community.Space{}
	for _, c := range []community.Community{shut, yard} {
		groups[c.ID], err = x.s.AddSpace(x.who["owner"], c.ID, space("cellar", community.Hidden))
		x.must(err)
	}
	keeper := x.come("keeper", org.Plain)
	for community, group := range groups {
		x.must(x.s.InviteAddress(x.who["owner"], community, "", "keeper@velo.example"))
		_, err := x.s.Join(keeper, community, "")
		x.must(err)
		x.must(x.s.InviteAddress(x.who["owner"], community, group.ID, "keeper@velo.example"))
		_, err = x.s.JoinSpace(keeper, group.ID, "")
		x.must(err)
		x.must(x.s.GiveRole(x.who["owner"], community, group.ID, org.Who(keeper).ID, "moderator"))
	}
	link := func(c community.Community, who context.Context) string {
		x.t.Helper()
		if mails {
			for text := range sent {
				if _, rest, is := strings.Cut(text, "/c/"+c.Slug+"/invited/"); is {
					token, _, _ := strings.Cut(rest, "\n")
					if !strings.Contains(text, c.Slug+" · cellar") {
						x.t.Errorf("the mail does not name the group: %s", text)
					}
					return token
				}
			}
		}
		list, err := x.s.Invitations(who, c.ID, groups[c.ID].ID)
		x.must(err)
		if len(list) != 1 || list[0].Link == "" {
			x.t.Fatalf("invited into the group: %+v", list)
		}
		return list[0].Link[strings.LastIndex(list[0].Link, "/")+1:]
	}
	// One who only looks after the group brings nobody into a community that does not let everybody in, and is not told who has an account.
	for _, address := range []string{"vera@post.example", "other@velo.example"} {
		if p := problem.Of(x.s.InviteAddress(keeper, shut.ID, groups[shut.ID].ID, address)); p.Code != problem.Invalid || p.Key != "community.nobody_here" {
			x.t.Errorf("who looks after a group alone invites %s: %v", address, p)
		}
	}
	by := x.who["owner"]
	if mails {
		by = keeper
	} else if p := problem.Of(x.s.InviteAddress(keeper, yard.ID, groups[yard.ID].ID, "vera@post.example")); p.Key != "community.invitation.no_mail" {
		x.t.Errorf("who makes no accounts makes one without a mail: %v", p)
	}
	x.must(x.s.InviteAddress(by, yard.ID, groups[yard.ID].ID, "vera@post.example"))
	first := link(yard, by)
	if err := x.s.InviteAgain(by, yard.ID, "", "none"); !problem.Is(err, problem.Missing) && !problem.Is(err, problem.Forbidden) {
		x.t.Errorf("an invitation that is none is sent again: %v", err)
	}
	of := func() community.Invitation {
		x.t.Helper()
		list, err := x.s.Invitations(by, yard.ID, groups[yard.ID].ID)
		x.must(err)
		if len(list) != 1 {
			x.t.Fatalf("invited are %+v", list)
		}
		return list[0]
	}
	if mails {
		if err := x.s.InviteAgain(by, yard.ID, groups[yard.ID].ID, of().ID); !problem.Is(err, problem.Conflict) {
			x.t.Errorf("a mail is sent twice in a day: %v", err)
		}
	}
	ago := db.T(time.Now().AddDate(0, 0, -20))
	x.must(x.db.Tx(x.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_invitation SET at = $1, until_at = $1 WHERE id = $2", ago, of().ID)
		return err
	}))
	in := community.NewMember{Name: "Vera", Password: "Un vélo jaune 42", Lang: "en"}
	if _, err := x.s.Come(x.t.Context(), yard, first, in, org.Visit{IP: "192.0.2.8"}); !problem.Is(err, problem.Missing) || !of().Over || of().Link != "" {
		x.t.Errorf("a link that ran out lets in: %v, %+v", err, of())
	}
	x.must(x.s.InviteAgain(by, yard.ID, groups[yard.ID].ID, of().ID))
	if of().Over || link(yard, by) != first {
		x.t.Errorf("sent again: %+v", of())
	}
	_, err = x.s.Come(x.t.Context(), yard, first, in, org.Visit{IP: "192.0.2.8"})
	x.must(err)
	m, err := x.org.ByEmail(x.t.Context(), "vera@post.example")
	x.must(err)
	x.who["vera"] = org.With(x.t.Context(), m)
	if o := mustSee(x.t, x, "vera"); !o.Joined(yard.ID) || !o.MayWrite(groups[yard.ID].ID) || o.May(groups[shut.ID].ID) {
		x.t.Error("who came is not in both, or in more")
	}
	// Somebody who has an account and does not see the community gets a link as well, and signs in to take it.
	x.must(x.s.InviteAddress(x.who["owner"], shut.ID, groups[shut.ID].ID, "other@velo.example"))
	_, err = x.s.Come(x.who["other"], shut, link(shut, x.who["owner"]), community.NewMember{}, org.Visit{})
	x.must(err)
	if o := mustSee(x.t, x, "other"); !o.Joined(shut.ID) || !o.MayWrite(groups[shut.ID].ID) {
		x.t.Error("who has an account and came is not in both")
	}
	if list, err := x.s.Invitations(x.who["owner"], shut.ID, groups[shut.ID].ID); err != nil || len(list) != 0 {
		x.t.Errorf("taken, there is %+v %v", list, err)
	}
}
