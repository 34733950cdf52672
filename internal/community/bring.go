package community

import (
	"context"
	"fmt"
	"io"
	"mime"

	"github.com/entente/entente/internal/community/picture"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// BringFor keeps a file that an import brings, with the checks of all others; the same key keeps one. Nobody brought it, so that it counts for nobody.
func (s *Service) BringFor(ctx context.Context, community, key, name string, open func() (io.ReadCloser, error)) (File, ledger.Attachment, error) {
	if err := org.Require(ctx, org.CommunityEdit); err != nil {
		return File{}, ledger.Attachment{}, err
	}
	as := func(f File) (File, ledger.Attachment, error) {
		base, _, _ := mime.ParseMediaType(f.Type)
		return f, ledger.Attachment{Name: f.Filename(), Type: base, Size: f.Size, File: f.ID}, nil
	}
	file := id.From(community, "file:"+key)
	known, found, err := db.One(ctx, s.db.Read(), fileFields, "SELECT "+fileColumns+" FROM community_file f WHERE f.id = $1 AND f.community = $2", file, community)
	if err != nil {
		return File{}, ledger.Attachment{}, fmt.Errorf("find a file: %w", err)
	}
	if found {
		return as(known)
	}
	r, err := open()
	if err != nil {
		return File{}, ledger.Attachment{}, err
	}
	defer r.Close()
	f, data, err := s.read(ctx, name, r, picture.ShownSide)
	if err != nil {
		return File{}, ledger.Attachment{}, err
	}
	f.ID, f.Community, f.At = file, community, s.Now()
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return insertFile(ctx, q, &f, data) }); err != nil {
		return File{}, ledger.Attachment{}, err
	}
	return as(f)
}
