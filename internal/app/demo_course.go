package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/org"
)

// demoCourses publishes both courses and says that who answers needs the certificate of the first. Nearly all hold it, one for a few days more,
// and one, who is new, does not yet.
func (a *App) demoCourses(ctx context.Context) error {
	list, err := templates()
	if err != nil {
		return err
	}
	lead, err := a.Org.ByEmail(ctx, "ines.cordelier@bruyere.example")
	if err != nil || lead == nil {
		return fmt.Errorf("nobody leads the social team: %w", err)
	}
	as := org.AsOperator(org.With(ctx, lead))
	var first, second course.Course
	for i, v := range list {
		c, err := a.Course.Add(as, v)
		if err != nil {
			return err
		}
		if c, err = a.Course.Publish(as, c.ID, c.Mark()); err != nil {
			return err
		}
		if i == 0 {
			first = c
		} else {
			second = c
		}
	}
	now := a.Clock()
	for mail, ago := range map[string]int{"claire.vannier": 150, "ines.cordelier": 90, "tom.ashdown": 200, "karim.belhadj-roche": 353, "sandrine.pelloux": 60, "julien.favre-gex": 120} {
		m, err := a.Org.ByEmail(ctx, mail+"@bruyere.example")
		if err != nil || m == nil {
			return fmt.Errorf("nobody is %s: %w", mail, err)
		}
		by := ctx // the operator recognises what the lead learned
		if m.ID != lead.ID {
			by = as
		}
		if err := a.Course.Recognise(by, first.ID, m.ID, now.Add(-time.Duration(ago)*24*time.Hour)); err != nil {
			return fmt.Errorf("%s: %w", mail, err)
		}
		if mail == "tom.ashdown" || mail == "ines.cordelier" {
			if err := a.Course.Recognise(by, second.ID, m.ID, now.AddDate(0, -2, 0)); err != nil {
				return err
			}
		}
	}
	// Oriane has begun, and read the first lesson.
	learner, err := a.Org.ByEmail(ctx, "oriane.tissot@bruyere.example")
	if err != nil || learner == nil {
		return fmt.Errorf("nobody learns: %w", err)
	}
	own := org.AsOperator(org.With(ctx, learner))
	try, err := a.Course.Start(own, first.ID)
	if err != nil {
		return err
	}
	if _, err := a.Course.Give(own, first.ID, try.Next(), 0, course.Answer{}); err != nil {
		return err
	}
	if err := a.Course.SetGate(as, course.Gate{Course: first.ID, Reach: course.InPublic}); err != nil {
		return err
	}
	return a.Course.Remind(ctx)
}
