package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"

	"baohan/banks"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

type admitCommand struct {
	node
	File string `arg:"" help:"JSON 文件：organisations 和 institutions，格式见 docs/admission.md。" type:"existingfile"`
}

// admission is what the operator enters at once. Doing it again changes nothing.
type admission struct {
	Organisations []admittedOrganisation `json:"organisations"`
	Institutions  []admittedInstitution  `json:"institutions,omitzero"`
}

type admittedOrganisation struct {
	Party        letter.Party `json:"party"`
	Roles        []party.Role `json:"roles"`
	Certificates []string     `json:"certificates,omitzero"` // PEM files, beside the admission file; the leaf comes first, then its issuers

	People map[string]string `json:"people,omitzero"` // who holds a certificate, by its file: a name or a staff number
}

type admittedInstitution struct {
	Party        letter.Party      `json:"party"`
	Kind         banks.Kind        `json:"kind"`
	Licence      string            `json:"licence"`
	LicenceUntil calendar.Date     `json:"licence_until"`
	Base         string            `json:"base,omitzero"`
	Cashier      string            `json:"cashier"`
	TwoPeople    bool              `json:"two_people,omitzero"`
	Products     []admittedProduct `json:"products"`
}

type admittedProduct struct {
	Wording      letter.WordingRef `json:"wording"`
	Mode         letter.Mode       `json:"mode"`
	MinFee       letter.Fen        `json:"min_fee"`
	MaxCeiling   letter.Fen        `json:"max_ceiling"`
	AnswerWithin int               `json:"answer_within"` // seconds
	Tiers        []admittedTier    `json:"tiers"`
}

type admittedTier struct {
	UpTo  letter.Fen `json:"up_to"`
	Rates []int64    `json:"rates"` // parts per million of the ceiling; the first is the published quote
}

// Run admits as the operator: whoever opened the platform's key directory.
func (c *admitCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var a admission
	if err := json.Unmarshal(text, &a, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%s：%w", c.File, err)
	}
	r, err := c.open(ctx, s, "admit", log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	by, err := r.operator(ctx)
	if err != nil {
		return err
	}
	if err := a.enter(ctx, r.system, by, filepath.Dir(c.File)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "已准入 %d 个单位，接入 %d 家担保机构\n", len(a.Organisations), len(a.Institutions))
	return err
}

func (a admission) enter(ctx context.Context, s *system, by party.Actor, dir string) error {
	for _, o := range a.Organisations {
		if err := o.enter(ctx, s, by, dir); err != nil {
			return fmt.Errorf("%s：%w", o.Party.Name, err)
		}
	}
	for _, i := range a.Institutions {
		if err := i.enter(ctx, s, by); err != nil {
			return fmt.Errorf("%s：%w", i.Party.Name, err)
		}
	}
	return nil
}

func (o admittedOrganisation) enter(ctx context.Context, s *system, by party.Actor, dir string) error {
	var certificates []signing.Certificate // with their issuers: a revocation then stops a machine at its next request
	for _, name := range o.Certificates {
		chain, err := certificatesIn(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		certificates = append(certificates, chain...)
	}
	if err := s.party.Admit(ctx, by, party.Organisation{USCC: o.Party.USCC, Name: o.Party.Name, Roles: o.Roles}, certificates...); err != nil {
		return err
	}
	return o.namePeople(ctx, s, by, dir)
}

// namePeople comes after the certificates are on record; a crash in between leaves holders unnamed until the file is entered again.
func (o admittedOrganisation) namePeople(ctx context.Context, s *system, by party.Actor, dir string) error {
	for _, name := range slices.Sorted(maps.Keys(o.People)) {
		if !slices.Contains(o.Certificates, name) {
			return fmt.Errorf("people：%s 不在 certificates 之中", name)
		}
		chain, err := certificatesIn(filepath.Join(dir, name))
		if err == nil {
			err = s.party.NamePerson(ctx, by, chain[0].Fingerprint(), o.People[name])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (i admittedInstitution) enter(ctx context.Context, s *system, by party.Actor) error {
	if err := s.banks.Admit(ctx, by, banks.Institution{USCC: i.Party.USCC, Name: i.Party.Name, Kind: i.Kind, Licence: i.Licence,
		LicenceUntil: i.LicenceUntil.Time(), Base: i.Base, Cashier: i.Cashier, TwoPeople: i.TwoPeople}); err != nil {
		return err
	}
	for _, p := range i.Products {
		if err := p.enter(ctx, s, by, i.Party.USCC); err != nil {
			return err
		}
	}
	return nil
}

// enter puts a product on sale unless the institution has one of this wording and mode: prices never change under
// one product.
func (p admittedProduct) enter(ctx context.Context, s *system, by party.Actor, institution string) error {
	if _, err := s.banks.Terms(ctx, institution, p.Wording, p.Mode); err == nil {
		return nil
	}
	product := banks.Product{Institution: institution, Wording: p.Wording.ID, WordingVersion: p.Wording.Version, Mode: p.Mode,
		MinFee: p.MinFee, MaxCeiling: p.MaxCeiling, AnswerWithin: p.AnswerWithin}
	for _, t := range p.Tiers {
		product.Tiers = append(product.Tiers, banks.Tier{UpTo: t.UpTo, Rates: t.Rates})
	}
	_, err := s.banks.OfferProduct(ctx, by, product)
	return err
}
