// Package app puts the modules together: the one place that knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/all"
	forum "github.com/entente/entente/internal/channel/community"
	points "github.com/entente/entente/internal/channel/contact"
	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/export"
	"github.com/entente/entente/internal/fediverse"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/lead"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/letter"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/paper"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/push"
	"github.com/entente/entente/internal/recognition"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/rule"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/survey"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/telemetry"
	"github.com/entente/entente/internal/translate"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// App is a running installation, or one that a command works on.
type App struct {
	beside    db.Kept[[]ui.Panel]
	Config    config.Config
	Log       *slog.Logger
	Clock     func() time.Time
	DB        *db.DB
	Org       *org.Service
	Ledger    *ledger.Ledger
	Channels  *channel.Service
	Intake    *intake.Service
	Exports   *export.Service
	People    *people.Service
	Enrich    *enrich.Service
	Review    *enrich.Review
	Elsewhere *enrich.Elsewhere
	Translate *translate.Service
	Listening *listening.Service
	Inbox     *inbox.Service
	Situation *situation.Service
	Rules     *rule.Service
	Survey    *survey.Service
	Community *community.Service
	Merits    *recognition.Service
	Contact   *contact.Service
	Fediverse *fediverse.Service
	Letter    *letter.Service
	Push      *push.Service
	Lead      *lead.Service
	Course    *course.Service
	Measure   *measure.Service
	Strategy  *strategy.Service
	Business  *business.Service
	Folder    *business.Watcher
	Charter   *charter.Service
	Team      *team.Service
	Plan      *plan.Service
	Govern    *govern.Service
	Report    *report.Service
	Web       *web.Server
	API       func() *api.API // made when first called
	Live      *web.Live
	Metrics   *telemetry.Metrics

	asked atomic.Int64  // requests since collect last looked
	rest  func()        // gives back the memory of the models
	demo  []DemoAccount // of an installation filled with the sample
}

// Open opens the database, brings it to the newest schema and makes the modules, in the order of the law: what stands later may call what
// stands earlier.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (*App, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	a := &App{Config: c, Log: log, Clock: time.Now}
	box, err := seal.Load(c.SecretKey, c.Data)
	if err != nil {
		return nil, err
	}
	if a.DB, err = db.Open(ctx, c.Database()); err != nil {
		return nil, err
	}
	if _, err := a.DB.Migrate(ctx); err != nil {
		a.DB.Close()
		return nil, err
	}
	gate := outside.New(outside.Options{AllowPrivate: c.AllowPrivate, UserAgent: "Entente (+" + c.Public() + ")"})
	mailer := a.mailer()
	orgOptions := []org.Option{org.WithURL(c.Public())}
	if mailer != nil {
		orgOptions = append(orgOptions, org.WithMailer(mailer))
	}
	a.Org = org.New(a.DB, log, a.Clock, orgOptions...)
	reader := a.enricher()
	a.Enrich = enrich.New(a.DB, log, reader)
	matcher := listening.NewMatcher(a.Enrich)
	a.Enrich.Changed(func(ctx context.Context, q db.Q, posts []channel.Post) error {
		if err := matcher.Rematch(ctx, q, posts); err != nil {
			return err
		}
		return inbox.Rehear(ctx, q, posts, a.Clock())
	})
	a.Ledger = ledger.New(a.DB, log, a.Clock, channel.PostFollower(), people.Follower(), business.Follower(), a.Enrich.Follower(), matcher.Follower(), inbox.Follower(), situation.Follower(), community.Follower(), recognition.Follower(), contact.Follower())
	a.Channels = channel.New(a.DB, a.Ledger, box, channel.World{HTTP: gate.Client(), Dial: gate.Dial, Clock: a.Clock, Log: log}, log, a.Clock,
		append(all.Connectors(), sampleConnector{}, forum.New(), points.New())...).WithAudit(a.Org.Audit)
	a.Review = enrich.NewReview(a.DB, a.Ledger, a.Enrich, a.Org, log, a.Clock)
	a.Elsewhere = enrich.NewElsewhere(a.DB, a.Ledger, a.Enrich, a.Org, box, gate.Client(), log, a.Clock)
	a.Translate = translate.New(a.DB, a.Org, box, gate.Client(), log, a.Clock)
	a.People = people.New(a.DB, a.Ledger, a.Org, log, a.Clock)
	a.Charter = charter.New(a.DB, a.Org, log, a.Clock)
	a.Team = team.New(a.DB, a.Org, log, a.Clock)
	a.Business = business.New(a.DB, a.Ledger, a.Org, log, a.Clock)
	a.Listening = listening.New(a.DB, a.Ledger, a.Enrich, a.Org, log, a.Clock, func() { a.Live.Publish("mentions") })
	a.Inbox = inbox.New(a.DB, a.Ledger, a.Channels, a.Org, log, a.Clock).WithTone(tone(reader))
	if mailer != nil {
		a.Inbox.WithMail(mailer, c.Public())
	}
	a.Situation = situation.New(a.DB, a.Ledger, a.Channels, a.Inbox, a.Org, log, a.Clock)
	a.Inbox.WithSituations(a.Situation.Narrow)
	a.Rules = rule.New(a.DB, a.Ledger, a.Inbox, a.Review, a.Enrich, a.Org, log, a.Clock)
	a.Community = community.New(a.DB, a.Ledger, a.Channels, a.Org, log, a.Clock).WithHint(hint(reader)).WithInbox(a.Inbox).WithKeys(box)
	a.Merits = recognition.New(a.DB, a.Ledger, a.Community, a.Clock)
	a.Lead = lead.New(a.DB, a.Ledger, a.Channels, a.Inbox, a.Org, log, a.Clock)
	a.Contact = contact.New(a.DB, a.Ledger, a.Channels, a.Community, a.Org, log, a.Clock)
	a.Fediverse = fediverse.New(a.DB, a.Ledger, a.Community, a.Org, box, gate.Client(), log, a.Clock)
	post, _ := notices(mailer)
	if post != nil {
		a.Community.WithMail(post, box)
	}
	a.Push = push.New(a.DB, a.Org, box, gate.Client(), log, a.Clock)
	a.Community.WithPush(a.Push)
	a.Letter = letter.New(a.DB, a.Channels, a.Community, a.Org, post, log, a.Clock)
	a.Channels.WithLetters(a.Letter.Take)
	a.Community.WithPosts(a.Letter.Address)
	a.Course = course.New(a.DB, a.Org, a.Charter, a.Team, a.Inbox, tone(reader), templates, log, a.Clock)
	a.Inbox.WithLicence(a.Course.May)
	a.Intake = intake.New(a.DB, a.Ledger, a.Channels, a.Org, filepath.Join(c.Data, "imports"), log, a.Clock, a.resolve)
	a.bring()
	a.Exports = export.New(a.DB, a.Community, a.Org, filepath.Join(c.Data, "exports"), log, a.Clock)
	a.Folder = business.NewWatcher(a.DB, a.Intake, a.Org, filepath.Join(c.Data, "facts"), log, a.Clock)
	a.Measure = measure.New(a.DB, a.Org, a.Clock)
	a.Measure.Trust(a.Enrich)
	a.Measure.Log(log)
	a.Ledger.Watch(func([]ledger.Activity) { a.Measure.Noticed() })
	a.Survey = survey.New(a.DB, a.Ledger, a.Inbox, a.Channels, a.Org, box, c.Public(), log, a.Clock).WithNotice(a.Community.Ask)
	a.Strategy = strategy.New(a.DB, a.Measure, a.Org, log, a.Clock)
	a.Plan = plan.New(a.DB, a.Measure, a.Strategy, a.Org, log, a.Clock)
	a.Govern = govern.New(a.DB, a.Measure, a.Strategy, a.Charter, a.Listening, a.Org, log, a.Clock).WithPlan(a.Plan)
	a.Channels.WithGate(a.Govern.MayServe)
	a.Report = report.New(a.DB, a.Measure, a.Strategy, a.Plan, a.Govern, a.Channels, a.Org, log, a.Clock)
	if m, ok := mailer.(report.Mailer); ok {
		a.Report.WithMail(m, paper.New(c.Chromium))
	}
	if a.demo, err = a.demoOf(ctx); err != nil {
		a.DB.Close()
		return nil, err
	}
	a.surfaces()
	return a, nil
}

// enricher is the classifier, and where its models cannot be read, what tells languages alone.
func (a *App) enricher() enrich.Enricher {
	c, err := enrich.OpenClassifier()
	a.rest = c.Rest
	if err != nil {
		a.rest = func() {}
		a.Log.Warn("posts are not classified", "error", err)
		return enrich.LanguageIdentifier{}
	}
	return c
}

// Close closes what Open opened.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(a.Org.Wait(ctx), a.DB.Close())
}

// Serve listens and works until ctx ends: pages and REST, followers, polling, sending, imports.
func (a *App) Serve(ctx context.Context, ready func(address string)) error {
	if err := assets.Check(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.Config.Listen, err)
	}
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	done := a.work(work)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if ready != nil {
		ready(listener.Addr().String())
	}
	select {
	case err := <-failed:
		stopWork()
		<-done
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	a.Log.Info("stopping")
	a.Live.Close()
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = server.Shutdown(grace)
	stopWork()
	<-done
	return err
}

// work runs everything that goes on behind the pages; the channel closes when all of it has ended.
func (a *App) work(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	loops := map[string]func(context.Context) error{
		"followers": func(ctx context.Context) error { return a.Ledger.Run(ctx, time.Second) },
		"polling":   a.Channels.Poll,
		"sending":   a.Channels.SendLoop,
		"imports":   a.Intake.Run,
		"exports":   a.Exports.Loop,
		"folder":    a.Folder.Run,
		"openings":  a.Inbox.OpenDue,
		"rules":     a.Rules.Loop,
		"surveys":   a.Survey.Loop,
		"courses":   a.Course.Loop,
		"reminders": func(ctx context.Context) error { return a.Govern.RemindLoop(ctx, a.Inbox.TellOnce, a.Inbox.NoteTx) },
		"routing":   a.Inbox.RouteLoop,
		"topics":    a.Listening.FillLoop,
		"tidying":   a.tidy,
		"memory":    a.collect,
		"enriching": func(ctx context.Context) error { return a.Enrich.BackfillLoop(ctx, a.Ledger) },
		"elsewhere": a.Elsewhere.Loop,
		"measures":  a.Measure.Loop,
		"reports":   a.Report.Loop,
		"notices":   a.Community.Loop,
		"contact":   a.Contact.Loop,
		"fediverse": a.Fediverse.Loop,
		"letters":   a.Letter.Loop,
		"browsers":  func(ctx context.Context) error { return a.Push.Loop(ctx, a.Community.Pushed) },
		"leads":     a.Lead.Loop,
		"due":       a.Inbox.WarnLoop,
		"telling":   func(ctx context.Context) error { return a.Inbox.NoticeLoop(ctx, func() { a.Live.Publish("notices") }) },
		"situation": a.Situation.Loop,
	}
	if a.Config.Metrics != "" {
		loops["metrics"] = a.serveMetrics
	}
	ended := make(chan struct{}, len(loops))
	for name, loop := range loops {
		go func() {
			defer func() { ended <- struct{}{} }()
			if err := loop(ctx); err != nil && ctx.Err() == nil {
				a.Log.Error("a loop ended", "loop", name, "error", err)
			}
		}()
	}
	go func() {
		for range loops {
			<-ended
		}
		close(done)
	}()
	return done
}

// tidy forgets once a day what has run out: sessions, links, attempts, tokens of replies.
func (a *App) tidy(ctx context.Context) error {
	tick := time.NewTicker(24 * time.Hour)
	defer tick.Stop()
	for {
		if err := errors.Join(a.Org.Tidy(ctx), a.Inbox.Tidy(ctx), a.Inbox.ForgetNotices(ctx), a.Course.ForgetKept(ctx), a.Community.Tidy(ctx), a.Fediverse.Tidy(ctx), a.Community.ForgetNotices(ctx), a.Letter.Forget(ctx), a.Push.Forget(ctx)); err != nil && ctx.Err() == nil {
			a.Log.Error("not all was tidied, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) serveMetrics(ctx context.Context) error {
	s := &http.Server{Addr: a.Config.Metrics, Handler: a.Metrics.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
