package inboxapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
)

// Finding is what was found of one rule of the charter.
type Finding struct {
	Rule    string   `json:"rule"`
	Check   string   `json:"check,omitempty" doc:"Absent where people judge."`
	Binding bool     `json:"binding"`
	Verdict string   `json:"verdict" enum:"met,not_met,cannot_tell"`
	Reason  string   `json:"reason" doc:"In the language of the request."`
	Says    string   `json:"says" doc:"The rule."`
	Words   []string `json:"words,omitempty" doc:"What decided it."`
}

// Checked is what the charter says to a text.
type Checked struct {
	Charter   int       `json:"charter,omitempty" doc:"Version in force."`
	Refused   bool      `json:"refused" doc:"A binding rule is broken: it would not be sent."`
	Held      bool      `json:"held" doc:"It would wait for a mentor."`
	Mentor    string    `json:"mentor,omitempty"`
	Complaint bool      `json:"complaint" doc:"It answers a public complaint."`
	Answered  bool      `json:"answered" doc:"There is a public answer."`
	Followed  bool      `json:"followed" doc:"There is a private follow-up."`
	Barred    string    `json:"barred,omitempty" doc:"Why who writes may not answer here at all."`
	Findings  []Finding `json:"findings"`
}

// Approval is a reply of a beginner.
type Approval struct {
	ID           string     `json:"id"`
	Conversation string     `json:"conversation"`
	Member       string     `json:"member"`
	Mentor       string     `json:"mentor,omitempty"`
	Text         string     `json:"text"`
	Private      bool       `json:"private"`
	State        string     `json:"state" enum:"waiting,approved,changed,returned,withdrawn"`
	Reason       string     `json:"reason,omitempty"`
	Said         string     `json:"said,omitempty" doc:"What went out."`
	Sending      string     `json:"sending,omitempty"`
	DecidedBy    string     `json:"decided_by,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	DecidedAt    *time.Time `json:"decided_at,omitempty"`
}

func approval(p *inbox.Approval) Approval {
	return Approval{ID: p.ID, Conversation: p.Conversation, Member: p.Member, Mentor: p.Mentor, Text: p.Answer.Text, Private: p.Answer.Private, State: string(p.State), Reason: p.Reason,
		Said: p.Said, Sending: p.Sending, DecidedBy: p.DecidedBy, CreatedAt: p.CreatedAt, DecidedAt: at(p.DecidedAt)}
}

// SavedReply is a reply that is said again and again.
type SavedReply struct {
	ID     string            `json:"id"`
	Shared bool              `json:"shared"`
	Title  string            `json:"title"`
	Words  map[string]string `json:"words" doc:"By language; {first_name}, {member} and {product} are filled in."`
	Used   int               `json:"used"`
}

// Alike is a resolved conversation about something alike.
type Alike struct {
	Conversation string   `json:"conversation"`
	Title        string   `json:"title"`
	Answer       string   `json:"answer,omitempty"`
	Shared       []string `json:"shared" doc:"Words both have."`
	Score        float64  `json:"score" doc:"0 to 1."`
}

// FollowUp is a public complaint that still lacks its answer or its follow-up.
type FollowUp struct {
	Conversation string    `json:"conversation"`
	Post         string    `json:"post"`
	Answered     bool      `json:"answered"`
	Followed     bool      `json:"followed"`
	DueAt        time.Time `json:"due_at"`
}

// private is whether an answer is private: as asked, else as the post answered.
func private(ctx context.Context, s *inbox.Service, conversation, to string, asked *bool) (bool, error) {
	if asked != nil {
		return *asked, nil
	}
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return false, err
	}
	w, err := s.Ways(ctx, &c, to)
	return w.Private && (w.Post.Private || !w.Public), err
}

func checked(ctx context.Context, text string, v inbox.Checked) Checked {
	out := Checked{Charter: v.Version, Refused: v.Refused, Held: v.Waits, Mentor: v.Mentor, Complaint: v.Complaint, Answered: v.Answered, Followed: v.Followed, Findings: []Finding{}}
	if v.Barred != nil {
		out.Barred = i18n.T(ctx, v.Barred.Key, v.Barred.Args...)
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		d := Finding{Rule: f.Rule, Check: string(f.Check), Binding: f.Binding, Verdict: string(f.Verdict), Reason: f.Line(ctx), Says: f.Sentence}
		for _, w := range f.Words {
			if w.To <= len(text) {
				d.Words = append(d.Words, text[w.From:w.To])
			}
		}
		out.Findings = append(out.Findings, d)
	}
	return out
}

// speech is what helps to say the right thing.
func speech(a *api.API, s *inbox.Service) {
	api.Add(a, api.Op{ID: "check-reply", Method: http.MethodPost, Path: "/conversations/{id}/check", Tag: "inbox", Summary: "Hold an answer against the charter",
		Description: "Says for each rule in force whether the text keeps to it, and why. Nothing is sent or kept.", Permission: org.InboxEdit, Again: true}, func(ctx context.Context, in *struct {
		Named
		Body struct {
			Text    string `json:"text" maxLength:"50000"`
			Private *bool  `json:"private,omitempty" doc:"When absent: as the post answered."`
			To      string `json:"to,omitempty" maxLength:"40" doc:"The post answered; when absent their newest."`
			Follow  string `json:"follow,omitempty" maxLength:"50000" doc:"Said in private at the same time."`
		}
	}) (*api.One[Checked], error) {
		b := &in.Body
		alone, err := private(ctx, s, in.ID, b.To, b.Private)
		if err != nil {
			return nil, err
		}
		v, err := s.Check(ctx, in.ID, inbox.Answer{Text: b.Text, Private: alone, To: b.To, Follow: b.Follow})
		if err != nil {
			return nil, err
		}
		return api.Only(checked(ctx, b.Text, v)), nil
	})
	api.Add(a, api.Op{ID: "list-approvals", Method: http.MethodGet, Path: "/approvals", Tag: "inbox", Summary: "List the replies that wait for you", Permission: org.InboxEdit},
		func(ctx context.Context, _ *struct{}) (*api.List[Approval], error) {
			list, err := s.Approvals(ctx)
			if err != nil {
				return nil, err
			}
			items := make([]Approval, len(list))
			for i := range list {
				items[i] = approval(&list[i])
			}
			return api.Listed(items, ""), nil
		})
	api.Add(a, api.Op{ID: "approve-reply", Method: http.MethodPost, Path: "/approvals/{id}/approve", Tag: "inbox", Summary: "Let a beginner's reply out", Permission: org.InboxEdit},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40" doc:"Approval."`
			Body struct {
				Text     string `json:"text,omitempty" maxLength:"50000" doc:"Other words; when absent as it is."`
				Override bool   `json:"override,omitempty" doc:"Though it breaks a binding rule; with inbox:assign alone."`
			}
		}) (*api.One[Approval], error) {
			p, err := s.Approve(ctx, in.ID, in.Body.Text, in.Body.Override)
			if err != nil {
				return nil, err
			}
			return api.Only(approval(&p)), nil
		})
	api.Add(a, api.Op{ID: "return-reply", Method: http.MethodPost, Path: "/approvals/{id}/return", Tag: "inbox", Summary: "Send a beginner's reply back", Permission: org.InboxEdit},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40" doc:"Approval."`
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"2000"`
			}
		}) (*api.One[Approval], error) {
			p, err := s.SendBack(ctx, in.ID, in.Body.Reason)
			if err != nil {
				return nil, err
			}
			return api.Only(approval(&p)), nil
		})
	api.Add(a, api.Op{ID: "list-saved-replies", Method: http.MethodGet, Path: "/saved-replies", Tag: "inbox", Summary: "List saved replies", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.List[SavedReply], error) {
			list, err := s.SavedReplies(ctx)
			if err != nil {
				return nil, err
			}
			items := make([]SavedReply, len(list))
			for i, r := range list {
				items[i] = SavedReply{ID: r.ID, Shared: r.Member == "", Title: r.Title, Words: r.Words, Used: r.Used}
			}
			return api.Listed(items, ""), nil
		})
	api.Add(a, api.Op{ID: "list-similar", Method: http.MethodGet, Path: "/conversations/{id}/similar", Tag: "inbox", Summary: "List resolved conversations about something alike", Permission: org.InboxRead},
		func(ctx context.Context, in *Named) (*api.List[Alike], error) {
			c, err := s.Find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := s.Similar(ctx, &c)
			if err != nil {
				return nil, err
			}
			items := make([]Alike, len(list))
			for i := range list {
				k := &list[i]
				items[i] = Alike{Conversation: k.ID, Title: k.Name(), Answer: k.Answer, Shared: k.Shared, Score: k.Score}
			}
			return api.Listed(items, ""), nil
		})
	api.Add(a, api.Op{ID: "list-follow-ups", Method: http.MethodGet, Path: "/follow-ups", Tag: "inbox", Summary: "List public complaints that still lack an answer or a follow-up", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.List[FollowUp], error) {
			list, err := s.OpenPairs(ctx)
			if err != nil {
				return nil, err
			}
			items := make([]FollowUp, len(list))
			for i, p := range list {
				items[i] = FollowUp{Conversation: p.Conversation, Post: p.Post, Answered: p.Answered, Followed: p.Followed, DueAt: p.DueAt}
			}
			return api.Listed(items, ""), nil
		})
}
