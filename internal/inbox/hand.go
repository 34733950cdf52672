package inbox

import (
	"context"

	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/org"
)

// HandTo gives a conversation to whoever fits best of a department or of those with a skill, and is free; it stays with whoever of them has it. found is
// false, and nothing is done, when nobody of them is free.
func (s *Service) HandTo(ctx context.Context, conversation string, to Target) (c Conversation, found bool, err error) {
	if _, err = acting(ctx, org.InboxAssign); err != nil {
		return c, false, err
	}
	if c, err = s.Find(ctx, conversation); err != nil {
		return c, false, err
	}
	set, err := s.RoutingNow(ctx)
	if err != nil {
		return c, false, err
	}
	crew, err := s.crew(ctx, set, false)
	if err != nil {
		return c, false, err
	}
	needs, err := s.needs(ctx, s.db.Read(), []Conversation{c})
	if err != nil {
		return c, false, err
	}
	needs[0].Target = to.narrow()
	fits := match.Rank(needs[0], crew, len(crew))
	for _, f := range fits {
		if f.Member == c.Assignee {
			return c, true, nil
		}
	}
	if len(fits) == 0 || !fits[0].Free {
		return c, false, nil
	}
	c, err = s.Assign(ctx, c.ID, fits[0].Member, nil)
	return c, err == nil, err
}
