package inbox

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
)

// About lists the conversations about the threads of posts, each once, with the ids of what was joined to them: pages may be open under those.
func (s *Service) About(ctx context.Context, posts []string) ([]string, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, db.Self[string], "SELECT c.id FROM post p JOIN conversation c ON c.root = p.root WHERE p.id IN "+db.Among(q, "$1")+
		" UNION SELECT a.id FROM post p JOIN conversation c ON c.root = p.root JOIN conversation_alias a ON a.conversation = c.id WHERE p.id IN "+db.Among(q, "$1"), db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("find the conversations about posts: %w", err)
	}
	return list, nil
}
