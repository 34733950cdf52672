package inbox

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// Glance is what is shown beside an answer of whoever acts before there is a word of it: all of Check but what the charter says to words. underway are
// the conversation's Answers. An answer that has words is checked.
func (s *Service) Glance(ctx context.Context, c *Conversation, w *Ways, in Answer, underway []channel.Sending) (Checked, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return Checked{}, err
	}
	if in.Text != "" || in.Follow != "" {
		return s.examine(ctx, c, w, in, m)
	}
	out := Checked{Speaker: m.Name}
	if out.Barred, err = s.bar(ctx, m.ID, &in); err != nil {
		return out, err
	}
	p, err := s.team.Find(ctx, m.ID)
	if err != nil && !problem.Is(err, problem.Missing) {
		return out, err
	}
	out.Waits, out.Mentor = p.Approval == team.Beginner, p.Mentor
	if w.Channel.ID != "" {
		if out.Place, err = s.PlaceOf(ctx, w.Channel.ID); err != nil {
			return out, err
		}
	}
	if w.Post.Private || w.Post.Ours {
		return out, nil
	}
	q := s.db.Read()
	taken, err := enrich.TakenFor(ctx, q, []string{w.Post.ID})
	if err != nil {
		return out, err
	}
	if t := taken[w.Post.ID]; !negative(&t) {
		return out, nil
	}
	out.Complaint = true
	if out.Answered, out.Followed, err = s.bothSaid(ctx, q, w.Post.ID); err != nil {
		return out, err
	}
	out.Answered = out.Answered || slices.ContainsFunc(underway, func(a channel.Sending) bool { return !a.Content.Private })
	out.Followed = out.Followed || slices.ContainsFunc(underway, func(a channel.Sending) bool { return a.Content.Private })
	return out, nil
}

// negative reports whether something said is a complaint or sounds like one.
func negative(t *enrich.Taken) bool {
	return t.Sentiment == "negative" || slices.Contains(t.Kinds, "complaint")
}
