package contact

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// Message is what somebody writes to us.
type Message struct {
	Name    string
	Mail    string // required on a form; in a widget only to be answered by mail
	Subject string // of the first
	Text    string
	Consent bool   // that we keep it to answer
	Trap    string // a field that people do not see: what fills it in is a program, and nothing is kept
	Token   string // of the form: the same token says it once
	Lang    string
	Address string // network address
	Widget  bool
	Files   []Upload
}

// What a message may have at most, in characters.
const (
	maxPerson  = 120
	maxAddress = 254
	maxSubject = 200
	maxMessage = 10_000
	maxToken   = 64
)

func (m *Message) check(first bool) error {
	clean := func(text string) string {
		return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
	}
	m.Name, m.Subject = strings.Join(strings.Fields(clean(m.Name)), " "), strings.Join(strings.Fields(clean(m.Subject)), " ")
	m.Text, m.Mail = clean(m.Text), clean(m.Mail)
	long := func(field, text string, most int) error {
		if utf8.RuneCountInString(text) > most {
			return problem.New(problem.Invalid, "problem.too_long", "Max", most).On(field)
		}
		return nil
	}
	required := problem.New(problem.Invalid, "problem.required")
	switch {
	case m.Token == "" || len(m.Token) > maxToken:
		return problem.New(problem.Invalid, "problem.bad_form")
	case m.Text == "":
		return required.On("text")
	case first && !m.Widget && m.Name == "":
		return required.On("name")
	case first && !m.Widget && m.Mail == "":
		return required.On("mail")
	case first && !m.Consent:
		return problem.New(problem.Invalid, "contact.no_consent").On("consent")
	}
	for _, f := range []struct {
		field, text string
		most        int
	}{{"name", m.Name, maxPerson}, {"mail", m.Mail, maxAddress}, {"subject", m.Subject, maxSubject}, {"text", m.Text, maxMessage}} {
		if err := long(f.field, f.text, f.most); err != nil {
			return err
		}
	}
	if m.Mail != "" {
		uri, err := channel.Identify("mailto:"+m.Mail, "")
		if err != nil || strings.ContainsAny(m.Mail, " ,;<>\"()") || strings.Count(m.Mail, "@") != 1 {
			return problem.New(problem.Invalid, "contact.bad_mail").On("mail")
		}
		m.Mail = uri
	}
	return nil
}

// Say takes in what somebody writes: the first message of a visit begins a conversation in the inbox, later ones go on with it. The same form sent
// twice says it once. A visit that has not begun begins with it.
func (s *Service) Say(ctx context.Context, p *Point, secret string, m Message) (Visit, error) {
	if !Secret(secret) {
		return Visit{}, problem.New(problem.Invalid, "problem.bad_form")
	}
	if m.Trap != "" {
		return Visit{ID: digest(secret), Point: p.ID, WroteAt: s.Now()}, nil
	}
	v, found, err := s.Visit(ctx, p, secret)
	if err != nil {
		return v, err
	}
	if err := m.check(v.Thread == ""); err != nil {
		return v, err
	}
	visit := digest(secret)
	external := visit + ":" + m.Token
	if _, known, err := channel.FindPost(ctx, s.db.Read(), p.Channel, external); err != nil || known {
		return v, err
	}
	now := s.Now()
	if err := s.pace(now, "say", m.Address, 6, 3, 120); err != nil {
		return v, err
	}
	if err := s.paces.take(now, "visit "+visit, 10, 6); err != nil {
		return v, err
	}
	files, err := s.clean(ctx, visit, m.Files)
	if err != nil {
		return v, err
	}
	item := channel.Item{At: now, Author: ledger.Address{URI: m.Mail, Name: m.Name},
		Said: ledger.Said{ExternalID: external, AuthorName: m.Name, Title: m.Subject, Text: m.Text, Lang: m.Lang, Direct: true, Private: true, Attachments: attachments(files)}}
	if v.Thread != "" {
		above, err := channel.Posts(ctx, s.db.Read(), v.Thread)
		if err != nil {
			return v, err
		}
		if len(above) > 0 {
			item.InReplyTo, item.Title = []string{above[0].ExternalID}, ""
			if m.Mail == "" { // who gave their address once need not again
				last, err := s.address(ctx, p.Channel, visit)
				if err != nil {
					return v, err
				}
				item.Author = last
				item.Said.AuthorName = last.Name
			}
		}
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if stated, err = s.channels.Hear(ctx, q, p.Channel, item); err != nil || len(stated) == 0 {
			return err
		}
		if err := keep(ctx, q, p, visit, files); err != nil {
			return err
		}
		var more []ledger.Activity
		if !found {
			more = append(more, s.fact(ledger.VisitBegun, p, visit, "begun:"+visit, ledger.Visit{Point: p.ID, Widget: m.Widget, Lang: m.Lang, By: by(ctx)}))
		}
		if v.Thread == "" {
			more = append(more, s.fact(ledger.VisitWrote, p, visit, "wrote:"+visit, ledger.VisitThread{Post: stated[0].ID}))
		}
		added, err := s.ledger.AppendTx(ctx, q, more...)
		stated = append(stated, added...)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("take in what somebody wrote: %w", err)
	}
	s.ledger.Wake()
	if err := s.ledger.Await(ctx, stated); err != nil {
		return v, err
	}
	v, _, err = s.Visit(ctx, p, secret)
	return v, err
}

// own is what stands for the posts of a visit: channel and digest are the arguments first and second. Members can make one conversation of several,
// so what belongs to a visit is told by the posts themselves and not by their thread. The range, which is wider than what begins so in every language a
// database may sort by, is for the index only.
const own = "channel = $1 AND external_id > $2 AND external_id < $2 || 'zzzzzzzzzzzzzzzz' AND SUBSTR(external_id, 1, LENGTH($2) + 1) = $2 || ':'"

// address is the last address that was given in a visit.
func (s *Service) address(ctx context.Context, channel, visit string) (ledger.Address, error) {
	a, _, err := db.One(ctx, s.db.Read(), func(a *ledger.Address) []any { return []any{&a.URI, &a.Name} },
		"SELECT author, author_name FROM post WHERE "+own+" AND author LIKE 'mailto:%' ORDER BY at DESC, id DESC LIMIT 1", channel, visit)
	if err != nil {
		return a, fmt.Errorf("find an address: %w", err)
	}
	return a, nil
}

// Line is something said in a visit, as whoever wrote sees it.
type Line struct {
	ID   string
	Ours bool
	Name string
	Text string
	At   time.Time
	More channel.More // the files that came with it

	Addressed bool // theirs, with an address we can write to
}

const mostLines = 200

// Lines are what was said in a visit, oldest first. What is shown here counts as having reached them: the page that asks is open.
func (s *Service) Lines(ctx context.Context, p *Point, v *Visit) ([]Line, error) {
	if v.Thread == "" {
		return nil, nil
	}
	type row struct {
		Line
		parent   string
		mine, by bool
	}
	q := s.db.Read()
	rows, err := db.All(ctx, q, func(r *row) []any {
		return []any{&r.ID, db.Bool(&r.Ours), &r.Name, &r.Text, db.At(&r.At), db.JSON(&r.More), &r.parent, db.Bool(&r.mine), db.Bool(&r.by)}
	}, `SELECT id, ours, author_name, text, at, more, parent, CASE WHEN `+own+` THEN 1 ELSE 0 END, CASE WHEN author LIKE 'mailto:%' THEN 1 ELSE 0 END FROM post
		WHERE root IN (SELECT root FROM post WHERE `+own+`) AND deleted_at IS NULL AND automatic = '' ORDER BY at DESC, id DESC`+db.Limit(mostLines), p.Channel, v.ID)
	if err != nil {
		return nil, fmt.Errorf("read what was said: %w", err)
	}
	above := make(map[string]row, len(rows))
	for _, r := range rows {
		above[r.ID] = r
	}
	var list []Line
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		for at, n := r, 0; n < mostLines; n++ { // theirs, or an answer to theirs
			if at.mine && !at.Ours {
				r.Addressed = !r.Ours && r.by
				list = append(list, r.Line)
				break
			}
			up, there := above[at.parent]
			if !there {
				break
			}
			at = up
		}
	}
	return list, nil
}
