package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/sample"
)

// Demo says how to sign in to the sample organisation.
type Demo struct {
	Password string
	Accounts []DemoAccount
}

// DemoAccount is a member of the sample organisation.
type DemoAccount struct {
	Role        org.Role
	Name, Email string
}

// demoPassword opens every account of the demo; an installation filled with the demo is for looking around.
const demoPassword = "petit-plateau-26"

const demoSetting = "demo"

type sampleOrganisation struct {
	Name      string `json:"name"`
	Languages []string
	Addresses []string `json:"addresses"`
	Ends      string   `json:"ends"`
	Members   []struct {
		Email, Name string
		Role        org.Role
		Languages   []string
	} `json:"members"`
}

// FillDemo fills an empty installation with the sample organisation, through the doors a user has: files are imported by the importers,
// topics and the map are saved by their services. An installation that holds the demo already is left as it is. The sign-in page shows the
// accounts once the installation is opened again.
func (a *App) FillDemo(ctx context.Context, say func(string)) (*Demo, error) {
	ctx = i18n.With(org.AsOperator(ctx), "fr", nil)
	var o sampleOrganisation
	if err := readSample("organisation.json", &o); err != nil {
		return nil, err
	}
	demo := &Demo{Password: demoPassword, Accounts: o.accounts()}
	if a.demo != nil {
		return demo, nil
	}
	if set, err := a.Org.IsSetUp(ctx); err != nil || set {
		if err == nil {
			err = fmt.Errorf("%s holds another organisation already, or a sample that was never finished; choose an empty folder with ENTENTE_DATA, or an empty database", a.Config.Data)
		}
		return nil, err
	}
	ends, err := time.Parse(time.DateOnly, o.Ends)
	if err != nil {
		return nil, fmt.Errorf("the last day of the sample: %w", err)
	}
	// The sample's last day becomes yesterday; whole days keep the times of day.
	today := a.Clock().UTC().Truncate(24 * time.Hour)
	shift := today.AddDate(0, 0, -1).Sub(ends)

	say("organisation and members")
	if err := a.demoMembers(ctx, &o); err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	say("topics")
	if err := a.demoTopics(ctx); err != nil {
		return nil, fmt.Errorf("topics: %w", err)
	}
	if err := a.demoService(ctx); err != nil {
		return nil, fmt.Errorf("service levels: %w", err)
	}
	if err := a.demoRules(ctx); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	folder, err := os.MkdirTemp("", "entente-sample-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if err := os.CopyFS(folder, sample.Files()); err != nil {
		return nil, fmt.Errorf("unpack the sample: %w", err)
	}
	if err := a.demoFiles(ctx, &o, folder, shift, say); err != nil {
		return nil, err
	}
	if err := a.demoFacts(ctx, folder, shift, say); err != nil {
		return nil, err
	}
	if err := a.Rules.Once(ctx); err != nil {
		return nil, fmt.Errorf("let the rules look: %w", err)
	}
	say("audit samples")
	if err := a.demoAudit(ctx, shift); err != nil {
		return nil, fmt.Errorf("audit samples: %w", err)
	}
	// After the samples: what people said of an answer is a post too, and nobody has judged those.
	if err := a.demoSurvey(ctx); err != nil {
		return nil, fmt.Errorf("satisfaction: %w", err)
	}
	say("strategy map")
	if err := a.demoMap(ctx, shift); err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	say("initiatives")
	if err := a.demoPlan(ctx); err != nil {
		return nil, fmt.Errorf("initiatives: %w", err)
	}
	say("charter and governance")
	if err := a.demoGovern(ctx); err != nil {
		return nil, fmt.Errorf("governance: %w", err)
	}
	say("team and routing")
	if err := a.demoTeam(ctx); err != nil {
		return nil, fmt.Errorf("team: %w", err)
	}
	if err := a.demoReplies(ctx); err != nil {
		return nil, fmt.Errorf("replies: %w", err)
	}
	if err := a.demoCourses(ctx); err != nil {
		return nil, fmt.Errorf("courses: %w", err)
	}
	if err := a.demoViews(ctx); err != nil {
		return nil, fmt.Errorf("views of the inbox: %w", err)
	}
	say("dashboards")
	if err := a.demoReport(ctx); err != nil {
		return nil, fmt.Errorf("dashboards: %w", err)
	}
	say("communities")
	if err := a.demoCommunities(ctx); err != nil {
		return nil, fmt.Errorf("communities: %w", err)
	}
	if err := a.demoContact(ctx); err != nil {
		return nil, fmt.Errorf("contact points: %w", err)
	}
	if err := a.demoLeads(ctx); err != nil {
		return nil, fmt.Errorf("leads: %w", err)
	}
	say("situations")
	if err := a.demoSituations(ctx, shift); err != nil {
		return nil, fmt.Errorf("situations: %w", err)
	}
	if err := a.DB.Tx(ctx, func(ctx context.Context, q db.Q) error { return a.Org.SetSetting(ctx, q, demoSetting, true) }); err != nil {
		return nil, fmt.Errorf("note that this is the demo: %w", err)
	}
	a.demo = demo.Accounts
	return demo, nil
}

// accounts is one member of each role.
func (o *sampleOrganisation) accounts() []DemoAccount {
	var out []DemoAccount
	shown := map[org.Role]bool{}
	for _, m := range o.Members {
		if !shown[m.Role] {
			shown[m.Role] = true
			out = append(out, DemoAccount{m.Role, m.Name, m.Email})
		}
	}
	return out
}

// demoOf is who may be shown on the sign-in page: the sample's accounts when the installation was filled with it, nobody else ever.
func (a *App) demoOf(ctx context.Context) ([]DemoAccount, error) {
	filled := false
	if err := a.Org.Setting(ctx, demoSetting, &filled); err != nil && !problem.Is(err, problem.Missing) || !filled {
		return nil, err
	}
	var o sampleOrganisation
	if err := readSample("organisation.json", &o); err != nil {
		return nil, err
	}
	return o.accounts(), nil
}

func readSample(name string, v any) error {
	raw, err := fs.ReadFile(sample.Files(), name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func (a *App) demoMembers(ctx context.Context, o *sampleOrganisation) error {
	var owner = -1
	for i := range o.Members {
		if o.Members[i].Role == org.Owner {
			owner = i
			break
		}
	}
	if owner < 0 {
		return fmt.Errorf("the sample has no owner")
	}
	first := o.Members[owner]
	if err := a.Org.SetUp(ctx, org.SetUp{Organisation: o.Name, Lang: "fr", Zone: "Europe/Paris", URL: a.Config.Public(), OwnerName: first.Name,
		OwnerEmail: first.Email, Password: demoPassword}); err != nil {
		return err
	}
	for i, m := range o.Members {
		if i == owner {
			continue
		}
		lang := "fr"
		if len(m.Languages) > 0 {
			lang = m.Languages[0]
		}
		d, err := a.Org.Invite(ctx, org.Invite{Email: m.Email, Name: m.Name, Role: m.Role, Lang: lang})
		if err != nil {
			return fmt.Errorf("invite %s: %w", m.Email, err)
		}
		if _, err := a.Org.Accept(ctx, strings.TrimPrefix(d.Path, org.InvitationPath), org.Accept{Name: m.Name, Lang: lang, Zone: "Europe/Paris",
			Password: demoPassword}, org.Visit{Agent: "demo"}); err != nil {
			return fmt.Errorf("accept for %s: %w", m.Email, err)
		}
	}
	return nil
}

func (a *App) demoTopics(ctx context.Context) error {
	var topics []struct {
		Name  map[string]string
		Query string
		Inbox bool
	}
	if err := readSample("topics.json", &topics); err != nil {
		return err
	}
	for i, t := range topics {
		if _, err := a.Listening.Add(ctx, listening.Draft{Name: t.Name["fr"], Query: t.Query, Inbox: t.Inbox, Colour: i}); err != nil {
			return fmt.Errorf("%s: %w", t.Name["en"], err)
		}
	}
	return nil
}

// demoFiles imports the sample's files as `entente import` and the import page do.
func (a *App) demoFiles(ctx context.Context, o *sampleOrganisation, folder string, shift time.Duration, say func(string)) error {
	type file struct {
		name, format, channel string
		inbox                 channel.Inbox
		settings              intake.Settings
	}
	files := []file{
		{name: "people.vcf", format: "vcard", settings: intake.Settings{Region: "FR"}},
		{name: "customers.csv", format: "csv", settings: intake.Settings{Region: "FR"}},
		{name: "orders.csv", format: "csv"},
	}
	feeds, err := os.ReadDir(filepath.Join(folder, "feeds"))
	if err != nil {
		return err
	}
	for _, f := range feeds {
		if extension := path.Ext(f.Name()); extension != ".opml" {
			files = append(files, file{name: "feeds/" + f.Name(), format: "feed", channel: strings.TrimSuffix(f.Name(), extension), inbox: channel.InboxMentions,
				settings: intake.Settings{Staff: "https://bruyere.example/team/"}})
		}
	}
	files = append(files,
		file{name: "forum", format: "stackexchange", channel: "forum", inbox: channel.InboxQuestions,
			settings: intake.Settings{Inbox: true, Site: "https://forum.bruyere.example", Staff: "https://bruyere.example/team/"}},
		file{name: "mail/contact.mbox", format: "mbox", channel: "mailbox", inbox: channel.InboxAll,
			settings: intake.Settings{Inbox: true, Direct: true, Own: strings.Join(o.Addresses, ",")}},
		file{name: "handling.jsonl", format: "jsonl"},
	)
	for _, f := range files {
		if f.channel != "" {
			place, err := a.demoChannel(ctx, f.format, f.channel, f.inbox)
			if err != nil {
				return fmt.Errorf("channel %s: %w", f.channel, err)
			}
			f.settings.Channel = place.ID
		}
		if f.name == "handling.jsonl" { // what was done with threads that came from mentions needs them to be conversations
			if err := a.Inbox.OpenDueOnce(ctx); err != nil {
				return err
			}
		}
		report, err := a.importFile(ctx, filepath.Join(folder, filepath.FromSlash(f.name)), f.format, f.settings, shift)
		if err != nil {
			return fmt.Errorf("import %s: %w", f.name, err)
		}
		if report.Broken != nil || report.Refused > 0 {
			return fmt.Errorf("import %s: %d refused, %v", f.name, report.Refused, report.Broken)
		}
		say(fmt.Sprintf("%-28s %5d", f.name, report.Added))
	}
	return nil
}

// demoChannel makes the channel of a file: one that can be answered for the mailbox and the forum, a plain import for the rest.
func (a *App) demoChannel(ctx context.Context, format, name string, inbox channel.Inbox) (channel.Account, error) {
	if format == "feed" {
		return a.Channels.Place(ctx, "import", name, inbox)
	}
	return a.Channels.Add(ctx, channel.Draft{Kind: sampleKind, Name: name, Inbox: inbox})
}

// importFile imports one file with what only the modules together know.
func (a *App) importFile(ctx context.Context, name, format string, settings intake.Settings, shift time.Duration) (intake.Report, error) {
	f, found := intake.Find(format)
	if !found {
		return intake.Report{}, fmt.Errorf("no format is called %q", format)
	}
	src, err := intake.Open(name)
	if err != nil {
		return intake.Report{}, err
	}
	defer src.Close()
	options := intake.Options{Settings: settings, Shift: shift}
	a.Intake.Lookups(&options)
	if o, err := a.Org.Organisation(ctx); err == nil {
		options.Zone = o.Location()
	}
	return a.Intake.Runner().Run(ctx, intake.Task{Format: f, Source: src, Options: options})
}

func (a *App) demoMap(ctx context.Context, shift time.Duration) error {
	f, err := sample.Files().Open("map.json")
	if err != nil {
		return err
	}
	defer f.Close()
	var topics []struct {
		Name  map[string]string
		Query string
	}
	if err := readSample("topics.json", &topics); err != nil {
		return err
	}
	saved, err := a.Listening.Topics(ctx)
	if err != nil {
		return err
	}
	topic := func(_ context.Context, name string) (string, error) {
		for _, t := range topics {
			if t.Name["en"] == name {
				for i := range saved {
					if saved[i].Name == t.Name["fr"] {
						return saved[i].ID, nil
					}
				}
			}
		}
		return "", fmt.Errorf("the sample has no topic %q", name)
	}
	if _, _, err = a.Strategy.Load(ctx, f, strategy.Lookups{Shift: shift, Topic: topic}); err != nil {
		return err
	}
	return a.demoDepartment(ctx, shift, topic)
}
