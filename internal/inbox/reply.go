package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// maxReply is the most characters of a reply.
const maxReply = 50_000

// maxReferences is how many earlier posts a reply names, for mail programs to put it into its thread.
const maxReferences = 20

// Ways are how a conversation can be answered.
type Ways struct {
	Post            channel.Post     // the one answered: the newest of theirs unless another was asked for
	Public, Private bool             // how we can say something; both false: not from here
	Why             *problem.Problem // why not, when neither
	URL             string           // where to answer instead, "" when nobody knows
	From            string           // the address or account it is said from, as people write it
	To              []ledger.Address // whom it is sent to, where that is said
	Channel         channel.Account
}

// Can reports whether anything can be said from here.
func (w *Ways) Can() bool { return w.Public || w.Private }

// Ways says how a conversation can be answered; to is the post to answer, "" for the newest of theirs.
func (s *Service) Ways(ctx context.Context, c *Conversation, to string) (Ways, error) {
	var w Ways
	if to != "" {
		p, err := s.Post(ctx, to)
		if err != nil {
			return w, err
		}
		if p.Root != c.Root {
			return w, problem.New(problem.Invalid, "inbox.other_thread").On("to")
		}
		w.Post = p
	} else {
		p, found, err := s.newestOfTheirs(ctx, c)
		if err != nil {
			return w, err
		}
		if !found {
			return w, missing()
		}
		w.Post = p
	}
	w.URL = w.Post.URL
	a, err := s.channels.Find(ctx, w.Post.Channel)
	if err != nil && !problem.Is(err, problem.Missing) {
		return w, err
	}
	w.Channel = a
	d, known := s.channels.Describe(a.Kind)
	switch {
	case err != nil || !a.RemovedAt.IsZero():
		w.Why = problem.New(problem.Invalid, "inbox.cannot_reply.removed")
	case !known || !d.Can.Has(channel.PublicReply) && !d.Can.Has(channel.PrivateReply):
		w.Why = problem.New(problem.Invalid, "inbox.cannot_reply.channel", "Channel", a.Name)
	case !w.Post.DeletedAt.IsZero():
		w.Why = problem.New(problem.Invalid, "inbox.cannot_reply.deleted")
	case w.Post.Private && !d.Can.Has(channel.PrivateReply):
		w.Why = problem.New(problem.Invalid, "inbox.cannot_reply.private", "Channel", a.Name)
	default:
		w.Private = d.Can.Has(channel.PrivateReply) && (!d.Within || w.Post.Private)
		w.Public = d.Can.Has(channel.PublicReply) && !w.Post.Private // what was said in private is not answered before everybody
		w.From = plain(a.URI())
		if strings.HasPrefix(a.URI(), "channel:") {
			w.From = a.Name
		}
	}
	if w.Post.Ours {
		w.To = w.Post.More.To
	} else if w.Post.Author != "" {
		w.To = []ledger.Address{{URI: w.Post.Author, Name: w.Post.AuthorName}}
	}
	return w, nil
}

// plain is an identity without its scheme.
func plain(uri string) string {
	for _, scheme := range []string{"mailto:", "acct:", "tel:", "https://", "http://"} {
		if rest, ok := strings.CutPrefix(uri, scheme); ok {
			return strings.TrimSuffix(rest, "/")
		}
	}
	return uri
}

// newestOfTheirs is what a reply answers: their newest word, ours where they have said nothing.
func (s *Service) newestOfTheirs(ctx context.Context, c *Conversation) (channel.Post, bool, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE root = $1 ORDER BY at DESC, id DESC LIMIT 50", c.Root)
	if err != nil || len(list) == 0 {
		return channel.Post{}, false, err
	}
	for i := range list {
		if p := &list[i]; !p.Ours && p.Automatic == "" && p.DeletedAt.IsZero() {
			return *p, true, nil
		}
	}
	opening, err := channel.Posts(ctx, q, c.Post)
	if err != nil {
		return channel.Post{}, false, err
	}
	return append(opening, list...)[0], true, nil
}

// Answer is what a member wants to say in a conversation.
type Answer struct {
	Text      string
	Private   bool
	To        string    // the post answered, "" for their newest
	Token     string    // of the form or call: the same token queues once; "" for none
	NotBefore time.Time // until then it can be taken back; zero for at once
	Resolve   bool      // and resolve the conversation
	Leave     bool      // who has it stays as it is, also when nobody has
	// Also, which may be nil, runs in the transaction that queues the answer; an error of it queues nothing.
	Also     func(ctx context.Context, q db.Q, sending string) error `json:"-"`
	Follow   string                                                  // said in private at the same time, where this is said in public; "" for nothing
	Pair     bool                                                    // a private follow-up is planned, to be written later
	Override bool                                                    // those who assign send it though it breaks a binding rule
	Used     []Help                                                  // what helped to write it
	// Seen is the newest answer of ours that its author has seen, zero for none (Timeline.Ours): when a colleague answered after it, this one is
	// refused once with AnsweredMeanwhile, beside the id of theirs. nil asks nothing.
	Seen *time.Time `json:"-"`
	Upon bool       `json:"-"` // where Seen is nil, its author is taken to have seen what there was when the post answered was said
}

// Reply queues an answer through the channel its post came from. Who answers what nobody has, takes it. It returns the sending.
func (s *Service) Reply(ctx context.Context, conversation string, in Answer) (channel.Sending, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return channel.Sending{}, err
	}
	if in.Text, err = checkText(in.Text, maxReply); err != nil {
		return channel.Sending{}, err
	}
	if in.Follow != "" {
		if in.Follow, err = checkText(in.Follow, maxReply); err != nil {
			return channel.Sending{}, problem.Of(err).On("follow")
		}
	}
	if err := checkToken(in.Token); err != nil {
		return channel.Sending{}, err
	}
	token := ""
	if in.Token != "" {
		token = m.ID + ":" + in.Token
		if id, found, err := db.Value[string](ctx, s.db.Read(), "SELECT sending FROM conversation_reply WHERE token = $1", token); err != nil {
			return channel.Sending{}, err
		} else if found {
			return s.replied(ctx, id, in.Resolve)
		}
	}
	c, w, err := s.sayable(ctx, conversation, in)
	if err == nil {
		err = s.licensed(ctx, s.db.Read(), m.ID, &in)
	}
	if err != nil {
		return channel.Sending{}, err
	}
	if in.Seen == nil && in.Upon {
		in.Seen = &w.Post.At
	}
	var checked Checked
	if in.Also == nil { // else it is a copy of what was approved before, and said as it is
		if checked, err = s.guard(ctx, &c, &w, in, m, m); err != nil {
			return channel.Sending{}, err
		}
	}
	if checked.Waits {
		return s.hold(ctx, &c, in, m, checked.Mentor, token, &checked)
	}
	sending, err := s.say(ctx, &c, &w, in, m, token, checked, nil)
	if err != nil {
		return channel.Sending{}, err
	}
	return s.replied(ctx, sending, in.Resolve)
}

// sayable finds the conversation and how an answer goes out, or says why it cannot.
func (s *Service) sayable(ctx context.Context, conversation string, in Answer) (Conversation, Ways, error) {
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return c, Ways{}, err
	}
	w, err := s.Ways(ctx, &c, in.To)
	switch {
	case err != nil:
	case w.Why != nil:
		err = w.Why
	case (in.Private || in.Follow != "") && !w.Private:
		err = problem.New(problem.Invalid, "inbox.cannot_reply.privately", "Channel", w.Channel.Name).On("private")
	case !in.Private && !w.Public:
		err = problem.New(problem.Invalid, "inbox.cannot_reply.publicly", "Channel", w.Channel.Name).On("private")
	case in.Private && in.Follow != "":
		err = problem.New(problem.Invalid, "inbox.follow_public").On("follow")
	}
	return c, w, err
}

// say queues an answer of the member m; also, which may be nil, runs in the same transaction with the sending. Who answers what nobody has, takes it.
func (s *Service) say(ctx context.Context, c *Conversation, w *Ways, in Answer, m *org.Member, token string, checked Checked,
	also func(ctx context.Context, q db.Q, sending string) error) (string, error) {
	out, err := s.outgoing(ctx, w, in, m)
	if err != nil {
		return "", err
	}
	sending, twice := "", false
	_, err = s.change(ctx, c.ID, "conversation.reply", func(c *Conversation) (string, any, error) {
		if c.Assignee == "" && !in.Leave {
			return ledger.ConversationTaken, nil, nil
		}
		return "", nil, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		var err error
		twice = false
		if err = s.licensed(ctx, q, m.ID, &in); err != nil {
			return err
		}
		if err = s.meanwhile(ctx, q, c, m.ID, in.Seen); err != nil {
			return err
		}
		if sending, err = s.channels.Queue(ctx, q, w.Channel.ID, c.ID, m.ID, out, in.NotBefore); err != nil {
			return err
		}
		if in.Follow != "" {
			follow := out
			follow.Text, follow.Private = in.Follow, true
			if _, err = s.channels.Queue(ctx, q, w.Channel.ID, c.ID, m.ID, follow, in.NotBefore); err != nil {
				return err
			}
		}
		if checked.Complaint && (in.Pair || in.Follow != "") {
			if err := s.plan(ctx, q, c, w.Post.ID, m.ID); err != nil {
				return err
			}
		}
		if err := s.forgetDraft(ctx, q, c.ID, m.ID); err != nil {
			return err
		}
		if err := s.helped(ctx, q, sending, c.ID, m.ID, in); err != nil {
			return err
		}
		if err := s.noteKept(ctx, q, sending, m.ID, &checked); err != nil {
			return err
		}
		if rules := checked.rulesBroken(); len(rules) > 0 {
			if err := s.org.Audit(ctx, q, "conversation.override", "conversation:"+c.ID, map[string]any{"rules": rules, "sending": sending}); err != nil {
				return err
			}
		}
		if in.Also != nil {
			if err := in.Also(ctx, q, sending); err != nil {
				return err
			}
		}
		if also != nil {
			if err := also(ctx, q, sending); err != nil {
				return err
			}
		}
		if token == "" {
			return nil
		}
		n, err := db.Exec(ctx, q, "INSERT INTO conversation_reply (token, sending, at) VALUES ($1, $2, $3) ON CONFLICT (token) DO NOTHING",
			token, sending, db.T(s.now()))
		if err != nil {
			return fmt.Errorf("note which form queued it: %w", err)
		}
		if twice = n == 0; twice {
			return errTwice
		}
		return nil
	})
	if twice {
		known, _, err := db.Value[string](ctx, s.db.Read(), "SELECT sending FROM conversation_reply WHERE token = $1", token)
		return known, err
	}
	if err != nil {
		return "", err
	}
	s.channels.WakeSender()
	if wait := in.NotBefore.Sub(s.clock()); wait > 0 {
		time.AfterFunc(wait+10*time.Millisecond, s.channels.WakeSender)
	}
	return sending, nil
}

// replied does what is left to do once an answer is queued, by this call or by an earlier one of the same token that may not have come so far.
func (s *Service) replied(ctx context.Context, sending string, resolve bool) (channel.Sending, error) {
	v, err := s.channels.Sending(ctx, sending)
	if problem.Is(err, problem.Missing) { // it waited for a mentor first
		a, err := s.approval(ctx, s.db.Read(), sending)
		if err != nil || a.Sending == "" {
			return a.sending(s.name(ctx, a.Member)), err
		}
		return s.channels.Sending(ctx, a.Sending)
	}
	if err == nil && resolve {
		_, err = s.Resolve(ctx, v.Conversation)
	}
	return v, err
}

var errTwice = problem.New(problem.Conflict, "problem.conflict")

// outgoing puts together what the channel needs to put the answer into its thread.
func (s *Service) outgoing(ctx context.Context, w *Ways, in Answer, m *org.Member) (channel.Outgoing, error) {
	out := channel.Outgoing{InReplyTo: w.Post.ExternalID, To: w.To, Text: in.Text, AuthorName: m.Name, Private: in.Private, At: s.now()}
	above := w.Post.Parent
	for range maxReferences {
		if above == "" {
			break
		}
		list, err := channel.Posts(ctx, s.db.Read(), above)
		if err != nil {
			return out, err
		}
		if len(list) == 0 {
			break
		}
		out.References = append(out.References, list[0].ExternalID)
		above = list[0].Parent
	}
	slices.Reverse(out.References) // oldest first
	if w.Post.Kind == "mail" {
		out.Subject = reSubject(w.Post.Title)
	}
	return out, nil
}

// reSubject is the subject of an answer.
func reSubject(subject string) string {
	switch lower := strings.ToLower(subject); {
	case strings.TrimSpace(subject) == "":
		return ""
	case strings.HasPrefix(lower, "re:"), strings.HasPrefix(lower, "re :"), strings.HasPrefix(lower, "re\u00a0:"):
		return subject
	}
	return "Re: " + subject
}

// sendingOf refuses a sending that is not of a conversation.
func (s *Service) sendingOf(ctx context.Context, conversation, sending string) (Conversation, channel.Sending, error) {
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return c, channel.Sending{}, err
	}
	v, err := s.channels.Sending(ctx, sending)
	if err != nil {
		return c, v, err
	}
	ids, err := s.ids(ctx, &c)
	if err == nil && !slices.Contains(ids, v.Conversation) {
		err = missing()
	}
	return c, v, err
}

// Withdraw takes back an answer that is not yet on its way.
func (s *Service) Withdraw(ctx context.Context, conversation, sending string) (channel.Sending, error) {
	return s.deal(ctx, conversation, sending, "conversation.withdraw", s.channels.Withdraw)
}

// Resend sends once more what failed, or what somebody looked for and found not to be there.
func (s *Service) Resend(ctx context.Context, conversation, sending string) (channel.Sending, error) {
	return s.deal(ctx, conversation, sending, "conversation.resend", s.channels.Resend)
}

// MarkSent says of an answer of which nobody knows whether it arrived that somebody saw it there.
func (s *Service) MarkSent(ctx context.Context, conversation, sending string) (channel.Sending, error) {
	return s.deal(ctx, conversation, sending, "conversation.mark_sent", func(ctx context.Context, id string) error {
		return s.channels.MarkSent(ctx, id, "")
	})
}

func (s *Service) deal(ctx context.Context, conversation, sending, action string, do func(context.Context, string) error) (channel.Sending, error) {
	if _, err := acting(ctx, org.InboxEdit); err != nil {
		return channel.Sending{}, err
	}
	c, v, err := s.sendingOf(ctx, conversation, sending)
	if problem.Is(err, problem.Missing) && action == "conversation.withdraw" {
		if a, e := s.TakeBack(ctx, sending); e == nil { // it waits for a mentor, and is not in the outbox
			v = a.sending(s.name(ctx, a.Member))
			v.State = channel.Withdrawn
			return v, nil
		}
	}
	if err != nil {
		return v, err
	}
	if action == "conversation.resend" {
		if err := s.licensed(ctx, s.db.Read(), org.Who(ctx).ID, &Answer{Private: v.Content.Private}); err != nil {
			return v, err
		}
	}
	if err := do(ctx, v.ID); err != nil {
		return v, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.org.Audit(ctx, q, action, "conversation:"+c.ID, map[string]string{"sending": v.ID})
	})
	if err != nil {
		return v, fmt.Errorf("note what was done with an answer: %w", err)
	}
	if err := s.ledger.CatchUp(ctx); err != nil {
		return v, err
	}
	return s.channels.Sending(ctx, v.ID)
}
