package guarantee

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/signing"
)

// Disclosure is what the opening, or after it a supervisor's acceptance, made public of one letter.
type Disclosure struct {
	Guarantee     string
	Guarantor     string
	Number        string
	Project       string
	Lot           string
	Reveal        []byte
	Undertaking   []byte
	Salt          []byte
	Receipt       []byte
	Beneficiaries []string // the first is the lead
	Applicants    []string
	Lines         []byte // JSON list of letter.Line
	DisclosedAt   time.Time
	Expiry        time.Time // the last day, UTC midnight: the record's, or later where the deadline moved or the letter was amended
	FirstExpiry   time.Time // as it was published

	Content letter.Undertaking `db:"-"` // what Undertaking says
}

func (x *Disclosure) beneficiary(uscc string) bool { return slices.Contains(x.Beneficiaries, uscc) }

const disclosureColumns = `x.guarantee, g.guarantor, g.number, x.project, x.lot, x.reveal, x.undertaking, x.salt,
	coalesce(x.receipt, g.receipt) AS receipt, x.beneficiaries, x.applicants, x.lines, x.disclosed_at, g.expiry,
	coalesce((SELECT a.prior FROM amendment a WHERE a.guarantee = g.id AND a.n = 1), g.expiry) AS first_expiry`

// disclosed reads a published letter; an unpublished one does not exist.
func (d *Desk) disclosed(ctx context.Context, q store.Querier, id string) (*Disclosure, error) {
	rows, err := q.Query(ctx, `SELECT `+disclosureColumns+` FROM disclosure x JOIN guarantee g ON g.id = x.guarantee WHERE x.guarantee = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	x, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[Disclosure])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	x.Content, err = x.content()
	return x, err
}

// Published are the bytes of a published letter as they stand, to be compared and not believed.
func (d *Desk) Published(ctx context.Context, id string) (reveal, undertaking, salt []byte, err error) {
	err = d.Pool.QueryRow(ctx, `SELECT reveal, undertaking, salt FROM disclosure WHERE guarantee = @id`, pgx.NamedArgs{"id": id}).
		Scan(&reveal, &undertaking, &salt)
	return reveal, undertaking, salt, err
}

func (x *Disclosure) content() (letter.Undertaking, error) {
	signed, err := signing.ParseSignedData(x.Undertaking)
	if err != nil {
		return letter.Undertaking{}, err
	}
	return letter.ParseUndertaking(signed.Content)
}

// File is the letter as anyone may take it away and check it without us. It exists from the opening on.
func (d *Desk) File(ctx context.Context, id string) ([]byte, error) {
	x, err := d.disclosed(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	r, err := letter.ParseReveal(x.Reveal)
	if err != nil {
		return nil, err
	}
	proof, err := d.proof(ctx, id)
	if err != nil {
		return nil, err
	}
	amendments, err := amendmentsOf(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	return letter.File{Format: letter.FileFormat, Undertaking: x.Content, Reveal: r, Salt: x.Salt, Signed: x.Undertaking, Receipt: x.Receipt, Log: proof, Amendments: inFile(amendments)}.Canonical()
}
