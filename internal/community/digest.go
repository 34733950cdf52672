package community

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
)

// digestHour is the hour of the reader's morning at which digests come, and on Mondays those of the week.
const digestHour = 7

// mostOfEach is how many threads stand in each part of a digest, answersFor how long ago somebody must have answered in a space for its
// questions to matter to them.
const (
	mostOfEach = 6
	answersFor = 90 * 24 * time.Hour
)

// morning is the first time of a rhythm after now, in the reader's zone. Where the hour is left out when clocks are changed it is the next there is.
func morning(now time.Time, zone *time.Location, r Rhythm) time.Time {
	local := now.In(zone)
	for day := 0; ; day++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, digestHour, 0, 0, 0, zone)
		if at.After(now) && (r == Daily || at.Weekday() == time.Monday) {
			return at.UTC()
		}
	}
}

// span is the time that a digest is about.
func (r Rhythm) span() time.Duration {
	if r == Daily {
		return 24 * time.Hour
	}
	return 7 * 24 * time.Hour
}

// QueueDigests queues the digests that are due and moves each on to its next time, in one transaction: of several nodes one does it. One that
// was due several times while nothing ran comes once.
func (s *Service) QueueDigests(ctx context.Context) (int, error) {
	if may, err := s.mails(ctx); !may {
		return 0, err
	}
	now := s.Now()
	type due struct {
		member, community string
		rhythm            Rhythm
		at                time.Time
	}
	list, err := db.All(ctx, s.db.Read(), func(d *due) []any { return []any{&d.member, &d.community, (*string)(&d.rhythm), db.At(&d.at)} },
		"SELECT member, community, digest, digest_at FROM community_wish WHERE digest <> 'none' AND digest_at <= $1 ORDER BY digest_at, member"+db.Limit(atOnce), db.T(now))
	if err != nil {
		return 0, fmt.Errorf("look for digests that are due: %w", err)
	}
	for i, d := range list {
		m, err := s.org.Find(ctx, d.member)
		if err != nil {
			return i, err
		}
		err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			moved, err := db.Exec(ctx, q, "UPDATE community_wish SET digest_at = $1 WHERE member = $2 AND community = $3 AND digest_at = $4", db.T(morning(now, m.Location(), d.rhythm)), d.member, d.community, db.T(d.at))
			if err != nil || moved == 0 {
				return err
			}
			_, err = s.queueMail(ctx, q, d.member, d.community, digestMail, d.at, now)
			return err
		})
		if err != nil {
			return i, fmt.Errorf("queue a digest: %w", err)
		}
	}
	return len(list), nil
}

// digest writes what matters to somebody of the time before it was due: their own questions that were answered, threads they follow, questions
// without an answer where they answer, what begins where they want to hear everything, ideas and articles. What they have read or want to hear nothing of
// is left out, and where nothing is left there is no mail.
func (s *Service) digest(ctx context.Context, o Sight, c Community, who *org.Member, m sending, wish Wish, l *Letter, paper *sheet) (bool, error) {
	since := m.forAt.Add(-wish.Digest.span())
	q := s.db.Read()
	part := func(key string, condition string, args ...any) error {
		var w db.Where
		o.Where(q, &w, "t.space")
		w.And("t.deleted_at IS NULL").And("t.channel = ?", c.Channel)
		w.And("NOT EXISTS (SELECT 1 FROM community_read r WHERE r.member = ? AND r.thread = t.id AND r.up_to >= t.last_at)", who.ID)
		w.And(levelSQL+" <> 'none'", who.ID, who.ID, who.ID)
		w.And(condition, args...)
		list, err := db.All(ctx, q, threadFields, "SELECT "+threadColumns+" FROM community_thread t "+w.String()+" ORDER BY t.last_at DESC, t.id"+db.Limit(mostOfEach), w.Args...)
		if err != nil {
			return fmt.Errorf("look for what matters to somebody: %w", err)
		}
		section := i18n.T(ctx, key)
		for i := range list {
			t := &list[i]
			if listedThread(paper.Items, t) {
				continue
			}
			x := item{Title: t.Title, Words: t.Excerpt, Href: s.URL(ctx, c) + t.Path(), Label: i18n.T(ctx, "community.notice.open"),
				Head: i18n.T(ctx, "community.notice.by", "Name", t.AuthorName, "Ago", i18n.Ago(ctx, t.LastAt, s.Now()))}
			x.Section, section = section, ""
			paper.Items = append(paper.Items, x)
		}
		return nil
	}
	if err := part("community.notice.digest.yours", "t.author IN (?, ?) AND t.last_at > ? AND t.last_at > t.at", actorOf(who), "member:"+who.ID, db.T(since)); err != nil {
		return false, err
	}
	if err := part("community.notice.digest.followed", "t.last_at > ? AND t.id IN (SELECT f.thread FROM community_follow f WHERE f.member = ?) AND t.author <> ?", db.T(since), who.ID, actorOf(who)); err != nil {
		return false, err
	}
	if err := part("community.notice.digest.waiting", `t.kind = 'question' AND t.replies = 0 AND t.accepted = '' AND t.duplicate_of = '' AND t.locked = 0 AND t.author <> ? AND t.at > ?
		AND t.space IN (SELECT u.space FROM community_post p JOIN community_thread u ON u.id = p.thread WHERE p.author = ? AND p.kind = 'answer' AND p.at > ?)`,
		actorOf(who), db.T(m.forAt.Add(-4*wish.Digest.span())), actorOf(who), db.T(m.forAt.Add(-answersFor))); err != nil {
		return false, err
	}
	if err := part("community.notice.digest.everything", "t.at > ? AND t.author <> ? AND "+levelSQL+" = 'all'", db.T(since), actorOf(who), who.ID, who.ID, who.ID); err != nil {
		return false, err
	}
	if err := part("community.notice.digest.ideas", `t.kind = 'idea' AND t.author <> ? AND (t.at > ? OR EXISTS (SELECT 1 FROM community_idea i JOIN community_idea_vote b ON b.idea = i.id
		WHERE i.id = t.id AND i.status_at > ? AND b.voter = ?))`, actorOf(who), db.T(since), db.T(since), actorOf(who)); err != nil {
		return false, err
	}
	if err := s.digestArticles(ctx, o, c, who, since, paper); err != nil {
		return false, err
	}
	if len(paper.Items) == 0 {
		return false, nil
	}
	l.Subject = i18n.T(ctx, "community.notice.digest.subject."+string(wish.Digest), "Place", l.From)
	paper.Title, paper.Why = l.Subject, i18n.T(ctx, "community.notice.why_digest")
	return true, nil
}

// digestArticles adds articles that were approved since.
func (s *Service) digestArticles(ctx context.Context, o Sight, c Community, who *org.Member, since time.Time, paper *sheet) error {
	q := s.db.Read()
	var w db.Where
	o.Where(q, &w, "t.space")
	w.And("t.channel = ?", c.Channel).And("t.approved > 0").And("t.approved_at > ?", db.T(since)).And("t.author <> ?", actorOf(who))
	w.And("COALESCE((SELECT l.level FROM community_level l WHERE l.member = ? AND l.place = 'space:' || t.space), '') <> 'none'", who.ID)
	list, err := db.All(ctx, q, articleFields, "SELECT "+strings.ReplaceAll(articleColumns, "a.", "t.")+" FROM community_article t "+w.String()+" ORDER BY t.approved_at DESC, t.id DESC"+db.Limit(mostOfEach), w.Args...)
	if err != nil {
		return fmt.Errorf("look for articles that were approved: %w", err)
	}
	section := i18n.T(ctx, "community.notice.digest.articles")
	for i := range list {
		a := &list[i]
		paper.Items = append(paper.Items, item{Section: section, Title: a.Title, Words: a.Excerpt, Href: s.URL(ctx, c) + a.Path(),
			Label: i18n.T(ctx, "community.notice.open"), Head: i18n.T(ctx, "community.notice.by", "Name", a.AuthorName, "Ago", i18n.Ago(ctx, a.ApprovedAt, s.Now()))})
		section = ""
	}
	return nil
}

// listedThread reports whether a thread stands in a mail already.
func listedThread(list []item, t *Thread) bool {
	for _, x := range list {
		if strings.HasSuffix(x.Href, t.Path()) {
			return true
		}
	}
	return false
}
