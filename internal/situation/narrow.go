package situation

import (
	"context"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

const (
	mostNames = 1000 // situations among which one is looked for by name, the newest
	fewInList = 2000 // conversations: with no more, a list is sorted rather than gone through
)

// Narrow says which conversations are in a situation, for lists of the inbox: any that goes on, or those that have this id or these words in their name,
// whether they go on or not.
func (s *Service) Narrow(ctx context.Context, q db.Q, which string) (condition string, args []any, err error) {
	in := "SELECT COALESCE(a.conversation, x.conversation) FROM situation_conversation x LEFT JOIN conversation_alias a ON a.id = x.conversation WHERE x.situation IN "
	if which == inbox.InAny {
		in += "(SELECT id FROM situation WHERE cleared_at IS NULL)"
	} else {
		ids, err := s.called(ctx, q, which)
		if err != nil {
			return "", nil, err
		}
		in, args = in+db.Among(q, "?"), []any{db.Texts(ids)}
	}
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM ("+strings.Replace(in, "?", "$1", 1)+db.Limit(fewInList+1)+") AS v", args...)
	if err != nil {
		return "", nil, fmt.Errorf("count what is in a situation: %w", err)
	}
	if n > fewInList {
		return "id || '' IN (" + in + ")", args, nil // a list meets enough of them on its way; sorted they would all be read
	}
	return "id IN (" + in + ")", args, nil
}

// called are the situations that have this id or these words in their name.
func (s *Service) called(ctx context.Context, q db.Q, which string) ([]string, error) {
	all, err := db.All(ctx, q, func(n *Named) []any { return []any{&n.ID, &n.Name} }, "SELECT id, name FROM situation ORDER BY detected_at DESC, id DESC"+db.Limit(mostNames))
	if err != nil {
		return nil, fmt.Errorf("find a situation by its name: %w", err)
	}
	var ids []string
	words := lang.Fold(which)
	for _, n := range all {
		if n.ID == which || strings.Contains(lang.Fold(n.Name), words) {
			ids = append(ids, n.ID)
		}
	}
	if len(ids) == 0 {
		return nil, problem.New(problem.Invalid, "situation.none_called", "Name", which)
	}
	return ids, nil
}
