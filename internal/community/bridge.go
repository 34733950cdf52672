package community

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// The kinds of notices about bridges, to one person each; Subject is the page.
const (
	BridgeAsked   NoticeKind = "bridge_asked"   // a colleague asks them what somebody outside asks
	BridgeAnswer  NoticeKind = "bridge_answer"  // a colleague they asked has answered
	BridgeBrought NoticeKind = "bridge_brought" // what they answered was passed on
)

// Bridge is a question of somebody outside that a member of the team asked inside, without saying whose it is, and what came back of it.
type Bridge struct {
	ID              string
	Community       string
	Thread          string // where it was asked
	Member          string // who asked it inside
	InsideCommunity string
	Inside          string // the thread begun for it, "" where a colleague was asked alone
	Colleague       string
	Title, Words    string // what was asked
	At              time.Time
	Answer          string // what the colleague wrote
	AnsweredAt      time.Time
	Helper          string // the member whose answer was passed on
	Sent            string // the post outside that it became
	SentBy          string
	SentAt          time.Time
}

const bridgeColumns = "b.id, b.community, b.thread, b.member, b.inside_community, b.inside, b.colleague, b.title, b.words, b.at, b.answer, b.answered_at, b.helper, b.sent, b.sent_by, b.sent_at"

func bridgeFields(b *Bridge) []any {
	return []any{&b.ID, &b.Community, &b.Thread, &b.Member, &b.InsideCommunity, &b.Inside, &b.Colleague, &b.Title, &b.Words, db.At(&b.At), &b.Answer, db.At(&b.AnsweredAt), &b.Helper, &b.Sent, &b.SentBy, db.At(&b.SentAt)}
}

// Path is its page.
func (b *Bridge) Path() string { return "/bridges/" + b.ID }

// BridgeSpaces lists where a question of a thread can be asked inside: spaces that whoever acts writes in, that hold questions or discussions, and that neither
// everybody nor whoever asked may read.
func (s *Service) BridgeSpaces(ctx context.Context, o Sight, t *Thread) ([]Space, error) {
	world, err := s.World(ctx)
	if err != nil {
		return nil, err
	}
	theirs := world
	if m, err := s.memberBehind(ctx, t.Author); err != nil && !problem.Is(err, problem.Missing) {
		return nil, err
	} else if m != nil {
		if theirs, err = s.Sees(org.With(ctx, m), nil); err != nil {
			return nil, err
		}
	}
	var out []Space
	for _, sp := range o.all.Spaces {
		c := o.all.Communities[o.all.ids[sp.Community]]
		inside := c.closes() || c.Audience == Invited || sp.Access == Hidden || sp.Access == ByInvitation
		if inside && sp.ID != t.Space && sp.ArchivedAt.IsZero() && o.MayWrite(sp.ID) && (sp.Takes(Questions) || sp.Takes(Discussions)) && !world.May(sp.ID) && !theirs.May(sp.ID) {
			out = append(out, sp)
		}
	}
	return out, nil
}

// Colleagues lists who can be asked alone about a thread: the team, and those who are known as employees; not whoever asked there.
func (s *Service) Colleagues(ctx context.Context, t *Thread) ([]org.Member, error) {
	employed, err := db.All(ctx, s.db.Read(), db.Self[string], `SELECT i.uri FROM identity i JOIN person p ON p.id = i.person WHERE i.uri LIKE 'mailto:%' AND p.kinds LIKE '%"employee"%' ORDER BY i.uri`+db.Limit(10000))
	if err != nil {
		return nil, fmt.Errorf("find who is employed: %w", err)
	}
	for i, uri := range employed {
		employed[i] = strings.TrimPrefix(uri, "mailto:")
	}
	work, err := s.org.ByEmails(ctx, employed)
	if err != nil {
		return nil, err
	}
	list, err := s.org.Team(ctx)
	if err != nil {
		return nil, err
	}
	list = append(list, work...)
	sorting.Func(list, org.ByName)
	var out []org.Member
	for i, m := range list {
		if m.State == org.Active && (i == 0 || m.ID != list[i-1].ID) && m.ID != by(ctx) && !Wrote(m, t.Author) {
			out = append(out, *m)
		}
	}
	return out, nil
}

// outsiders are the names of those in a thread who do not speak for us.
func (s *Service) outsiders(ctx context.Context, thread string) ([]string, error) {
	list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT author_name FROM community_post WHERE thread = $1 AND ours = 0 AND author_name <> ''"+db.Limit(200), thread)
	if err != nil {
		return nil, fmt.Errorf("find who said something in a thread: %w", err)
	}
	return list, nil
}

// bridgeable finds a thread whose question whoever acts may ask inside.
func (s *Service) bridgeable(ctx context.Context, community, thread string) (Sight, Thread, error) {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return Sight{}, Thread{}, err
	}
	if _, err := signedIn(ctx); err != nil {
		return Sight{}, Thread{}, err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return o, Thread{}, err
	}
	t, err := s.Thread(ctx, o, community, thread)
	if err == nil && (!t.DeletedAt.IsZero() || t.Kind != Questions && t.Kind != Discussions) {
		err = notFound()
	}
	return o, t, err
}

// SeedOfBridge is what a question begins with that is asked inside: what was asked, without names, addresses and numbers as far as they can be told. Whoever asks it
// reads it first.
func (s *Service) SeedOfBridge(ctx context.Context, community, thread string) (title, body string, err error) {
	o, t, err := s.bridgeable(ctx, community, thread)
	if err != nil {
		return "", "", err
	}
	p, _, err := s.Post(ctx, o, community, t.ID)
	if err != nil {
		return "", "", err
	}
	names, err := s.outsiders(ctx, t.ID)
	if err != nil {
		return "", "", err
	}
	return s.unsaid(ctx, t.Title, p.Markup, names)
}

var ourFiles = regexp.MustCompile(`!?\[[^\]\n]*\]\(/media/[^)\s]*\)`)

// unshown is Markdown without the files that it shows: their addresses would lead back, and inside nobody may see them.
func unshown(text string) string { return ourFiles.ReplaceAllString(text, "") }

// unsaid is what is asked inside, without what would tell whose question it is: names, addresses, numbers, files, and links to where anything of ours is said.
func (s *Service) unsaid(ctx context.Context, title, body string, names []string) (string, string, error) {
	all, err := s.Map(ctx)
	if err != nil {
		return "", "", err
	}
	hosts := []string{}
	add := func(host string) {
		if host != "" && !slices.Contains(hosts, regexp.QuoteMeta(host)) {
			hosts = append(hosts, regexp.QuoteMeta(host))
		}
	}
	if u, err := url.Parse(s.mainURL(ctx)); err == nil {
		add(u.Hostname())
	}
	for i := range all.Communities {
		add(all.Communities[i].Host)
	}
	clear := func(text string) string { return conceal(unlinked(unshown(text), hosts), names) }
	return clear(title), clear(body), nil
}

// What a link of ours looks like in Markdown: by the address of a page here, and, where host names are known, by one of them, with or without a scheme.
var (
	hereLink  = regexp.MustCompile(`\[([^\]\n]*)\]\(\s*<?/[^)\n]*\)`)
	hereNamed = regexp.MustCompile(`(?m)^\s*\[[^\]\n]+\]:\s*<?/\S*.*$`)
	herePath  = regexp.MustCompile(`(^|[\s(<])/(?:c|p|t|bridges)/[^\s)>\]]+`)
)

// unlinked is Markdown without links to our own pages: of one with words the words stay. hosts are our host names, as they stand in an expression.
func unlinked(text string, hosts []string) string {
	if len(hosts) > 0 {
		address := `(?:(?:https?:)?//)?(?:[^\s@/()<>\[\]]*@)?(?:www\.)?(?:` + strings.Join(hosts, "|") + `)\.?(?::\d+)?(?:[/?#][^\s)>\]]*|\b)`
		text = regexp.MustCompile(`(?im)^\s*\[[^\]\n]+\]:\s*<?`+address+`.*$`).ReplaceAllString(text, "")
		text = regexp.MustCompile(`(?i)\[([^\]\n]*)\]\(\s*<?`+address+`[^)\n]*\)`).ReplaceAllString(text, "$1")
		text = regexp.MustCompile(`(?i)(^|[^@\p{L}\p{N}.-])<?`+address+`>?`).ReplaceAllString(text, "${1}"+hiddenMark)
	}
	text = hereNamed.ReplaceAllString(text, "")
	text = hereLink.ReplaceAllString(text, "$1")
	return herePath.ReplaceAllString(text, "${1}"+hiddenMark)
}

// AskInside asks a question of somebody outside in a space inside, or of a colleague. What would say whose it is is taken out of it once more.
func (s *Service) AskInside(ctx context.Context, community, thread, space, colleague, title, body, token string) (Bridge, error) {
	o, t, err := s.bridgeable(ctx, community, thread)
	if err != nil {
		return Bridge{}, err
	}
	names, err := s.outsiders(ctx, t.ID)
	if err != nil {
		return Bridge{}, err
	}
	if title, body, err = s.unsaid(ctx, title, body, names); err != nil {
		return Bridge{}, err
	}
	if title, err = checkTitle(title); err != nil {
		return Bridge{}, err
	}
	if body, err = checkBody(body); err != nil {
		return Bridge{}, err
	}
	b := Bridge{ID: s.newID(), Community: community, Thread: t.ID, Member: by(ctx), Title: title, Words: body, At: s.Now()}
	var asked *org.Member
	switch {
	case space != "":
		spaces, err := s.BridgeSpaces(ctx, o, &t)
		if err != nil {
			return b, err
		}
		kind := ""
		for _, sp := range spaces {
			if sp.ID == space {
				if b.InsideCommunity, kind = sp.Community, Discussions; sp.Takes(Questions) {
					kind = Questions
				}
			}
		}
		if kind == "" {
			return b, problem.New(problem.Invalid, "community.bridge.no_space").On("to")
		}
		if b.Inside, err = s.Start(ctx, Begin{Space: space, Kind: kind, Title: title, Body: body, Token: token, Lang: t.Lang}); err != nil {
			return b, err
		}
	default:
		list, err := s.Colleagues(ctx, &t)
		if err != nil {
			return b, err
		}
		for i := range list {
			if list[i].ID == colleague {
				asked = &list[i]
			}
		}
		if asked == nil {
			return b, problem.New(problem.Invalid, "community.bridge.no_colleague").On("to")
		}
		b.Colleague = asked.ID
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "community_bridge (id, community, thread, member, inside_community, inside, colleague, title, words, at)",
			[][]any{{b.ID, b.Community, b.Thread, b.Member, b.InsideCommunity, b.Inside, b.Colleague, b.Title, b.Words, db.T(b.At)}}, ""); err != nil {
			return fmt.Errorf("keep what is asked inside: %w", err)
		}
		if asked != nil {
			if err := s.word(ctx, q, Notice{Member: asked.ID, Community: community, Kind: BridgeAsked, Post: b.ID, Subject: b.Path(), Words: title}); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, "community.bridge_ask", "thread:"+t.ID, map[string]string{"inside": b.Inside, "colleague": b.Colleague})
	})
	return b, err
}

// Bridge finds what was asked inside: for the team that reads the thread it is from, the colleague who was asked and who answered. outside reports whether whoever
// asks may know whose question it is.
func (s *Service) Bridge(ctx context.Context, bridge string) (b Bridge, outside bool, err error) {
	me, err := signedIn(ctx)
	if err != nil {
		return b, false, err
	}
	team := org.Require(ctx, org.InboxRead)
	b, found, err := db.One(ctx, s.db.Read(), bridgeFields, "SELECT "+bridgeColumns+" FROM community_bridge b WHERE b.id = $1", bridge)
	if err != nil {
		return b, false, fmt.Errorf("find what was asked inside: %w", err)
	}
	theirs := found && (b.Colleague == me.ID || b.Helper == me.ID)
	switch {
	case theirs && team != nil:
		return b, false, nil
	case team != nil:
		return Bridge{}, false, team
	case !found:
		return Bridge{}, false, notFound()
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return b, false, err
	}
	_, err = s.Thread(ctx, o, b.Community, b.Thread)
	outside = err == nil
	if err != nil && !problem.Is(err, problem.Missing) {
		return b, false, err
	}
	if !outside && !theirs {
		return Bridge{}, false, notFound()
	}
	return b, outside, nil
}

// Bridges are what was asked inside of a thread, or in a thread inside, the oldest first: for the team that reads where it is from.
func (s *Service) Bridges(ctx context.Context, o Sight, thread string) ([]Bridge, error) {
	if !may(ctx, org.InboxRead) {
		return nil, nil
	}
	list, err := db.All(ctx, s.db.Read(), bridgeFields, "SELECT "+bridgeColumns+" FROM community_bridge b WHERE b.thread = $1 OR b.inside = $1 AND b.inside <> '' ORDER BY b.at, b.id"+db.Limit(20), thread)
	if err != nil {
		return nil, fmt.Errorf("find what was asked inside: %w", err)
	}
	out := list[:0]
	for _, b := range list {
		if _, err := s.Thread(ctx, o, b.Community, b.Thread); err == nil {
			out = append(out, b)
		} else if !problem.Is(err, problem.Missing) {
			return nil, err
		}
	}
	return out, nil
}

// AnswerInside is what the colleague who was asked answers; it can be written anew until it is passed on.
func (s *Service) AnswerInside(ctx context.Context, bridge, body string) error {
	b, _, err := s.Bridge(ctx, bridge)
	if err != nil {
		return err
	}
	if b.Colleague == "" || b.Colleague != by(ctx) {
		return problem.New(problem.Forbidden, "problem.forbidden")
	}
	if body, err = checkBody(body); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE community_bridge SET answer = $1, answered_at = $2 WHERE id = $3 AND sent = ''", body, db.T(s.Now()), b.ID)
		if err != nil {
			return fmt.Errorf("keep an answer from inside: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "community.bridge.sent_already")
		}
		if err := s.word(ctx, q, Notice{Member: b.Member, Community: b.Community, Kind: BridgeAnswer, Post: b.ID, Subject: b.Path(), Words: b.Title}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.bridge_answer", "thread:"+b.Thread, nil)
	})
}

// Helping is an answer from inside that can be passed on.
type Helping struct {
	Post   string // of the thread inside, "" of a colleague who was asked alone
	Member string
	Name   string
	Body   string

	voice string // the identity they speak under, "" for who is no member
}

// Helpings lists what was answered inside, as far as whoever acts reads it.
func (s *Service) Helpings(ctx context.Context, b *Bridge) ([]Helping, error) {
	if b.Colleague != "" {
		m, err := s.org.Find(org.AsOperator(ctx), b.Colleague)
		if err != nil || m == nil || b.Answer == "" {
			return nil, err
		}
		return []Helping{{Member: m.ID, Name: m.Name, Body: b.Answer, voice: actorOf(m)}}, nil
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	t, err := s.Thread(ctx, o, b.InsideCommunity, b.Inside)
	if problem.Is(err, problem.Missing) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	l, err := s.Leaf(ctx, &t, 0)
	if err != nil {
		return nil, err
	}
	var out []Helping
	for _, p := range l.Posts {
		if !p.DeletedAt.IsZero() {
			continue
		}
		m, err := s.memberBehind(ctx, p.Author)
		if err != nil && !problem.Is(err, problem.Missing) {
			return nil, err
		}
		h := Helping{Post: p.ID, Name: p.AuthorName, Body: unshown(p.Markup)}
		if m != nil {
			h.Member, h.voice = m.ID, actorOf(m)
		}
		out = append(out, h)
	}
	return out, nil
}

// The names under which an answer from inside is passed on.
const (
	BridgeMine   = "mine"   // of whoever passes it on
	BridgeHelper = "helper" // of whoever answered inside
	BridgeOurs   = "ours"   // of the organisation
)

// BridgeNames lists them.
func BridgeNames() []string { return []string{BridgeMine, BridgeHelper, BridgeOurs} }

// BringBack answers the question outside with what was answered inside, under a name, with credit to who answered and to who passes it on. post is which answer
// of the thread inside it is, "" for that of the colleague who was asked alone.
func (s *Service) BringBack(ctx context.Context, bridge, post, body, name, token string) error {
	b, outside, err := s.Bridge(ctx, bridge)
	if err != nil {
		return err
	}
	if !outside {
		return notFound()
	}
	o, t, err := s.bridgeable(ctx, b.Community, b.Thread)
	if err != nil {
		return err
	}
	if b.Sent != "" {
		return problem.New(problem.Conflict, "community.bridge.sent_already")
	}
	list, err := s.Helpings(ctx, &b)
	if err != nil {
		return err
	}
	var helper *Helping
	for i := range list {
		if list[i].Post == post {
			helper = &list[i]
		}
	}
	if helper == nil {
		return problem.New(problem.Invalid, "community.bridge.no_answer").On("post")
	}
	me := org.Who(ctx)
	as, voice := "", ""
	switch name {
	case BridgeMine:
	case BridgeHelper:
		as, voice = helper.Name, helper.voice
	case BridgeOurs:
		about, err := s.org.Organisation(ctx)
		if err != nil {
			return err
		}
		as = about.Name
	default:
		return problem.New(problem.Invalid, "problem.required").On("name")
	}
	if strings.TrimSpace(body) == "" {
		return problem.New(problem.Invalid, "problem.required").On("body")
	}
	w, err := s.speaker(ctx, t.Space)
	if err != nil {
		return err
	}
	first, _, err := s.Post(ctx, o, b.Community, t.ID)
	if err != nil {
		return err
	}
	if err := mayReply(&t, &first); err != nil {
		return err
	}
	reader := i18n.With(ctx, t.Lang, nil)
	credit := i18n.T(reader, "community.bridge.credit", "Helper", lineOf(helper.Name), "Name", lineOf(me.Name))
	if helper.Member == me.ID {
		credit = i18n.T(reader, "community.bridge.credit_one", "Name", lineOf(me.Name))
	}
	if name == BridgeHelper && helper.Member != me.ID && sameWords(body) != sameWords(helper.Body) { // nobody else's words stand under a name without saying so
		credit = i18n.T(reader, "community.bridge.credit_changed", "Helper", lineOf(helper.Name), "Name", lineOf(me.Name))
	}
	body = strings.TrimRight(body, " \n") + "\n\n*" + strings.NewReplacer("*", "", "_", `\_`, "[", "", "<", "").Replace(credit) + "*"
	if utf8.RuneCountInString(body) > MaxBody {
		return problem.New(problem.Invalid, "problem.too_long", "Max", MaxBody).On("body")
	}
	said := ledger.Said{Lang: t.Lang, InReplyTo: []string{first.ExternalID}, As: lineOf(as), Helper: voice}
	if t.Question() {
		said.Kind = "answer"
	}
	// Of two who pass on one answer at the same moment one is heard: the other's post is not stated.
	w.beside = func(ctx context.Context, q db.Q, sent string) error {
		n, err := db.Exec(ctx, q, "UPDATE community_bridge SET sent = $1, sent_by = $2, sent_at = $3, helper = $4 WHERE id = $5 AND sent = ''", sent, me.ID, db.T(s.Now()), helper.Member, b.ID)
		if err != nil {
			return fmt.Errorf("note what came back: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "community.bridge.sent_already")
		}
		if helper.Member != "" && helper.Member != me.ID {
			if err := s.word(ctx, q, Notice{Member: helper.Member, Community: b.Community, Kind: BridgeBrought, Post: sent, Subject: b.Path(), Words: b.Title}); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, "community.bridge_bring", "thread:"+b.Thread, map[string]string{"post": sent, "helper": helper.Member})
	}
	_, err = s.say(ctx, w, said, body, token)
	return err
}

// sameWords is a text without how its lines are broken.
func sameWords(text string) string { return strings.Join(strings.Fields(text), " ") }
