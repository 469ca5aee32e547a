package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"o2r/domain"
	"o2r/persistence"
)

type tokenCommand struct {
	databaseSettings
	tokenSettings
	Role      string        `required:"" enum:"coordinator,caseworker,partner,analyst,dpo,admin" help:"What the token allows: ${enum}."`
	Org       string        `placeholder:"SLUG" help:"Organisation of whoever will hold it, by slug or identifier; the first programme's operator when left out (a partner must say)."`
	Programme []string      `placeholder:"SLUG" help:"Programme that it opens; may be given several times."`
	Subject   string        `placeholder:"NAME" help:"Who will hold it; for a caseworker, the caseworker_id of her enrolments. cli:ROLE when left out."`
	Sandbox   bool          `help:"For a partner that tries things out: what its token refers counts nowhere, and it sees nothing else."`
	TTL       time.Duration `name:"ttl" default:"1h" help:"How long it is good for; at most 24h."`
}

// Run prints a token for an organisation and programmes that exist. That it was issued stands
// in the audit trail.
func (c *tokenCommand) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	tokens, err := c.tokenSettings.open(db.dir)
	if err != nil {
		return err
	}
	session := db.As(operator())
	actor, err := c.actor(ctx, session)
	if err != nil {
		return err
	}
	token, err := tokens.Issue(actor, c.TTL)
	if err != nil {
		return err
	}
	if err := session.TokenIssued(ctx, actor); err != nil {
		return err
	}
	if len(c.Programme) == 0 && actor.Role != domain.Admin && actor.Role != domain.DPO {
		fmt.Fprintln(os.Stderr, "o2r: this token opens no programme, so its holder sees none: say which with --programme")
	}
	fmt.Println(token)
	return nil
}

func (c *tokenCommand) actor(ctx context.Context, s *persistence.Session) (domain.Actor, error) {
	actor := domain.Actor{Subject: c.Subject, Role: domain.Role(c.Role), Programmes: c.Programme, Sandbox: c.Sandbox}
	if actor.Subject == "" {
		actor.Subject = "cli:" + c.Role
	}
	for i, slug := range c.Programme {
		programme, err := s.Programme(ctx, slug)
		if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			return actor, fmt.Errorf("there is no programme with the slug %q", slug)
		}
		if err != nil {
			return actor, err
		}
		if i == 0 {
			actor.OrganisationID = programme.OperatorID
		}
	}
	switch {
	case c.Org != "":
		organisation, err := findOrganisation(ctx, s, c.Org)
		actor.OrganisationID = organisation.ID
		return actor, err
	case actor.Role == domain.Partner:
		return actor, errors.New("a partner's token needs --org: the organisation whose referrals it reads and posts")
	}
	return actor, nil
}

func findOrganisation(ctx context.Context, s *persistence.Session, name string) (domain.Organisation, error) {
	if uuid.Validate(name) == nil {
		return s.Organisation(ctx, name)
	}
	found, err := s.Organisations(ctx, persistence.OrganisationQuery{Slug: name})
	if err == nil && len(found.Items) == 0 {
		err = fmt.Errorf("there is no organisation with the slug %q", name)
	}
	if err != nil {
		return domain.Organisation{}, err
	}
	return found.Items[0], nil
}
