package app

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/sample"
)

// demoSample is an audit sample as a member of the demo drew it: at a time of the sample's calendar, among the posts of some days before.
type demoSample struct {
	at         time.Time
	size, days int
	seed       int64
}

// demoSamples are drawn in an ordinary time, in the crisis, afterwards and last. Their times do not meet, so that a post is in one at most.
func demoSamples() []demoSample {
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 7, 0, 0, 0, time.UTC) }
	return []demoSample{
		{at(time.July, 1), 60, 20, 701},
		{at(time.September, 8), 80, 8, 908},
		{at(time.October, 16), 50, 30, 1016},
		{at(time.November, 20), 48, 14, 1120},
	}
}

// demoJudgement is what a member says of a post, by head.
type demoJudgement struct {
	post, member string // id, mail address
	words        map[string]string
}

// demoDrawer draws the samples; demoPace is how long a judgement takes, demoSittings are how long after the draw people sit down to them.
const (
	demoDrawer = "mathilde.roussin@bruyere.example"
	demoPace   = 40 * time.Second
)

func demoSittings() map[string]time.Duration {
	return map[string]time.Duration{"ines.cordelier@bruyere.example": 30 * time.Minute, "karim.belhadj-roche@bruyere.example": 6 * time.Hour}
}

// demoAudit draws audit samples and lets members judge them, as its pages do, at times of the past months. What nobody has a row for in
// judgements.tsv stays to be judged.
func (a *App) demoAudit(ctx context.Context, shift time.Duration) error {
	said, err := a.demoJudgements(ctx)
	if err != nil {
		return err
	}
	members := map[string]context.Context{}
	as := func(email string) (context.Context, error) {
		if members[email] == nil {
			m, err := a.Org.ByEmail(ctx, email)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", email, err)
			}
			members[email] = org.AsOperator(org.With(ctx, m))
		}
		return members[email], nil
	}
	for _, s := range demoSamples() {
		now := s.at.Add(shift)
		clock := func() time.Time { return now }
		// The audit log tells of it at the same times.
		review := enrich.NewReview(a.DB, a.Ledger, a.Enrich, org.New(a.DB, a.Log, clock), a.Log, clock)
		who, err := as(demoDrawer)
		if err != nil {
			return err
		}
		drawn, err := review.Draw(who, s.size, s.days, s.seed)
		if err != nil {
			return fmt.Errorf("draw: %w", err)
		}
		begin := demoSittings()
		for _, j := range said {
			if who, err = as(j.member); err != nil {
				return err
			}
			now = drawn.DrawnAt.Add(begin[j.member])
			if err := review.Judge(who, drawn.ID, j.post, j.words); problem.Is(err, problem.Missing) {
				continue // not drawn
			} else if err != nil {
				return fmt.Errorf("judge: %w", err)
			}
			begin[j.member] += demoPace
		}
	}
	return nil
}

// demoJudgements reads judgements.tsv.
func (a *App) demoJudgements(ctx context.Context) ([]demoJudgement, error) {
	places, err := a.Channels.List(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for i := range places {
		ids[places[i].Name] = places[i].ID
	}
	f, err := sample.Files().Open("judgements.tsv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.Comment = '\t', '#'
	heads := []string{enrich.Sentiment, enrich.Kinds, enrich.Emotion, enrich.Aggression}
	r.FieldsPerRecord = 3 + len(heads)
	var out []demoJudgement
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read judgements.tsv: %w", err)
		}
		p, found, err := channel.FindPost(ctx, a.DB.Read(), ids[row[0]], row[1])
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("judgements.tsv: %s has no post %s", row[0], row[1])
		}
		j := demoJudgement{p.ID, row[2], map[string]string{}}
		for i, head := range heads {
			if v := row[3+i]; v != "" {
				j.words[head] = v
			}
		}
		out = append(out, j)
	}
}
