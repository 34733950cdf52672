package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/plain"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// jsonLines reads one JSON object a line: a post, or another activity, as docs/import.md has it.
type jsonLines struct{}

func (jsonLines) Describe() Description {
	return Description{Name: "jsonl", Extensions: []string{".jsonl", ".ndjson"}, Posts: true, Fields: []string{"inbox", "direct", "staff"}}
}

const maxLine = 4 << 20 // bytes

// entry is one line.
type entry struct {
	Kind string    `json:"kind"` // of an activity; "" and post.said are posts
	At   time.Time `json:"at"`

	// Of posts.
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Author     string   `json:"author"`
	AuthorName string   `json:"author_name"`
	Title      string   `json:"title"`
	Text       string   `json:"text"`
	HTML       string   `json:"html"`
	URL        string   `json:"url"`
	Lang       string   `json:"lang"`
	InReplyTo  texts    `json:"in_reply_to"`
	Tags       []string `json:"tags"`
	Score      int      `json:"score"`
	Followers  int      `json:"followers"`
	In         string   `json:"in"`
	Direct     bool     `json:"direct"`
	Private    bool     `json:"private"`
	Ours       bool     `json:"ours"`

	// Of other activities. Text is that of a note.
	Channel string `json:"channel"` // name
	Post    string `json:"post"`    // external id
	Actor   string `json:"actor"`
	To      string `json:"to"`    // mail address of a member
	Label   string `json:"label"` // sentiment
	Value   any    `json:"value"` // of a label or a vote
	Answer  string `json:"answer"`

	Person *ledger.Person `json:"person"`
	Order  *ledger.Order  `json:"order"`
	Amount int64          `json:"amount"` // minor units
	Money  string         `json:"currency"`
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON reads either.
func (s *texts) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		*s = texts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(s))
}

func (f jsonLines) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	return each(ctx, src, src.matching(f.Describe().Extensions), emit, func(name string, r io.Reader) error {
		in, err := decoded(r, "utf-8")
		if err != nil {
			return err
		}
		objects := 0
		return lines(in, maxLine, func(n int64, line []byte, long bool) error {
			place := Place{name, Line, n}
			line = bytes.TrimSpace(line)
			switch {
			case long:
				return emit(refused(place, "intake.too_long", ""))
			case len(line) == 0:
				return nil
			case line[0] != '{' && objects == 0 && n > 20:
				return problem.New(problem.Invalid, "intake.not_jsonl")
			}
			var e entry
			if err := json.Unmarshal(line, &e); err != nil {
				return emit(refused(place, "intake.bad_json", said(err)))
			}
			objects++
			row, err := e.row(ctx, place, line, &opts)
			if err != nil {
				row = refusedBy(place, err, string(line[:min(len(line), 300)]))
			}
			return emit(row)
		})
	})
}

// said is what the JSON reader found wrong, in few words.
func said(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return kind.Field + ": " + kind.Value
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// needs is the permission that a member needs to do by hand what the line states; "" for none beyond importing.
func (e *entry) needs() org.Permission {
	switch {
	case strings.HasPrefix(e.Kind, "conversation."), e.Kind == ledger.PostLabelled:
		return org.InboxEdit
	case strings.HasPrefix(e.Kind, "person."):
		return org.PeopleEdit
	}
	return ""
}

func (e *entry) row(ctx context.Context, place Place, line []byte, opts *Options) (Row, error) {
	if e.At.IsZero() && e.Kind != "" && e.Kind != ledger.PostSaid {
		return Row{}, problem.New(problem.Invalid, "intake.no_date")
	}
	if !e.At.IsZero() && (e.At.Year() < 1970 || e.At.After(opts.read().Add(24*time.Hour))) {
		return Row{}, problem.New(problem.Invalid, "intake.future")
	}
	if e.Kind == "" || e.Kind == ledger.PostSaid {
		return e.said(ctx, place, opts)
	}
	if p := e.needs(); p != "" && !opts.may(p) {
		return Row{}, problem.New(problem.Forbidden, "intake.may_not", "Kind", brief(e.Kind))
	}
	a := &ledger.Activity{Kind: e.Kind, At: opts.moved(e.At), Key: "line:" + digest(string(line))}
	row := Row{Place: place, Fact: a, About: About{Channel: e.Channel, Post: e.Post, External: true}}
	if e.Actor != "" {
		actor, err := who(ctx, e.Actor, opts)
		if err != nil {
			return Row{}, err
		}
		a.Actor = actor
		if strings.HasPrefix(actor, "member:") && actor != opts.Actor && !opts.may(org.OrgEdit) {
			return Row{}, problem.New(problem.Forbidden, "intake.not_you", "Address", brief(e.Actor))
		}
	}
	switch e.Kind {
	case ledger.ConversationTaken, ledger.ConversationReleased, ledger.ConversationResolved, ledger.ConversationReopened, ledger.ConversationNoted,
		ledger.ConversationAssigned:
		row.About.Thread = true
		if e.Kind == ledger.ConversationNoted {
			a.Data = ledger.Data(ledger.Noted{Text: sound(e.Text)})
		}
		if e.Kind == ledger.ConversationAssigned {
			to := opts.member(ctx, strings.TrimPrefix(e.To, "mailto:"))
			if to == "" && opts.Member != nil {
				return Row{}, problem.New(problem.Invalid, "intake.no_member", "Address", brief(e.To))
			}
			a.Data = ledger.Data(ledger.Assigned{To: to})
		}
		if !strings.HasPrefix(a.Actor, "member:") && opts.Member != nil {
			return Row{}, problem.New(problem.Invalid, "intake.no_member", "Address", brief(e.Actor))
		}
	case ledger.PostLabelled:
		value, _ := e.Value.(string)
		if e.Label != "sentiment" || value != "" && value != "negative" && value != "neutral" && value != "positive" {
			return Row{}, problem.New(problem.Invalid, "intake.bad_label")
		}
		a.Data = ledger.Data(ledger.Label{Label: e.Label, Value: value})
		if a.Actor == "" {
			a.Actor = opts.Actor
		}
	case ledger.VoteCast:
		value, _ := e.Value.(float64)
		if value != 1 && value != -1 {
			return Row{}, problem.New(problem.Invalid, "intake.bad_vote")
		}
		a.Data = ledger.Data(ledger.Vote{Value: int(value)})
	case ledger.AnswerPicked:
		a.Data = ledger.Data(ledger.Picked{Answer: channel.External(e.Answer)})
	case ledger.PersonAdded:
		row.About = About{}
		if e.Person == nil {
			return Row{}, problem.New(problem.Invalid, "intake.nobody")
		}
		p := *e.Person
		p.Identities = nil
		for _, i := range e.Person.Identities {
			uri, err := channel.Identify(i.URI, opts.Region)
			if err != nil {
				return Row{}, err
			}
			p.Identities = append(p.Identities, ledger.Identity{URI: uri, Verified: i.Verified})
		}
		if p.Name == "" && len(p.Identities) == 0 {
			return Row{}, problem.New(problem.Invalid, "intake.nobody")
		}
		a.Data = ledger.Data(p)
		if a.Actor == "" {
			a.Actor = opts.Actor
		}
	case ledger.OrderPlaced:
		row.About = About{}
		if e.Order == nil || e.Order.ExternalID == "" || a.Actor == "" {
			return Row{}, problem.New(problem.Invalid, "intake.no_id")
		}
		if a.Currency = currencyOf(e.Money, "", opts.Currency); a.Currency == "" {
			return Row{}, problem.New(problem.Invalid, "intake.bad_currency")
		}
		a.Amount, a.Data = e.Amount, ledger.Data(*e.Order)
	default:
		return Row{}, problem.New(problem.Invalid, "intake.bad_kind", "Kind", brief(e.Kind))
	}
	if row.About.External && e.Post == "" {
		return Row{}, problem.New(problem.Invalid, "intake.no_post")
	}
	if len(a.Data) > ledger.MaxData {
		return Row{}, problem.New(problem.TooLarge, "intake.too_long")
	}
	return row, nil
}

// who is the actor that a line names: a member by mail address, else the identity.
func who(ctx context.Context, raw string, opts *Options) (string, error) {
	uri, err := channel.Identify(raw, opts.Region)
	if err != nil {
		return "", err
	}
	if mail, ok := strings.CutPrefix(uri, "mailto:"); ok {
		if member := opts.member(ctx, mail); member != "" {
			return "member:" + member, nil
		}
	}
	return uri, nil
}

func (e *entry) said(ctx context.Context, place Place, opts *Options) (Row, error) {
	if e.Channel != "" {
		return Row{}, problem.New(problem.Invalid, "intake.post_channel")
	}
	item := &channel.Item{At: e.At}
	item.ExternalID, item.Kind, item.AuthorName, item.Title, item.URL, item.Lang = e.ID, e.Type, sound(e.AuthorName), sound(e.Title), e.URL, e.Lang
	if item.Text = sound(e.Text); item.Text == "" && e.HTML != "" {
		item.Text = plain.FromHTML(e.HTML)
	}
	if item.Text == "" && item.Title == "" {
		return Row{}, problem.New(problem.Invalid, "intake.no_text")
	}
	item.InReplyTo, item.Tags, item.Score, item.Followers, item.In = e.InReplyTo, e.Tags, e.Score, e.Followers, e.In
	item.Direct, item.Private, item.Ours = e.Direct, e.Private, e.Ours
	if e.Author != "" {
		uri, err := channel.Identify(e.Author, opts.Region)
		if err != nil {
			return Row{}, err
		}
		item.Author = ledger.Address{URI: uri, Name: item.AuthorName}
		if item.Ours {
			item.Member = opts.member(ctx, strings.TrimPrefix(uri, "mailto:"))
		}
		if member, ours := opts.staff(ctx, uri); ours {
			item.Ours, item.Member = true, member
		}
	}
	opts.finish(item, true)
	return Row{Place: place, Item: item}, nil
}
