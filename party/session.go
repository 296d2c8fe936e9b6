package party

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

// How long a challenge waits for its signature, and a session for its end.
const (
	ChallengeLife = 5 * time.Minute
	SessionLife   = 8 * time.Hour
)

var (
	errChallenge = Unauthentic("session.challenge", "登录随机数无效、已使用或已过期（5 分钟内有效）；请重新登录")
	errSession   = Unauthentic("session.unknown", "登录已失效；请重新登录")
	errSignature = Unauthentic("session.signature", "签名与证书不符；请确认使用的是本单位的签名证书")
	errSelf      = Forbidden("certificate.self", "这张证书由本单位自行登记，只能用于投标人身份；请联系平台运营人员为本单位准入这张证书后再以此角色登录")
	errRole      = Forbidden("session.role", "本单位没有此角色；请选择已准入的角色，或联系平台运营人员办理准入")
)

// Challenge gives 32 random bytes in hex to be signed within ChallengeLife, once.
func (d *Desk) Challenge(ctx context.Context) (string, error) {
	challenge := hex.EncodeToString(signing.Random(32))
	now := d.now()
	return challenge, insertChallenge(ctx, d.pool, challengeID(challenge), now.Add(ChallengeLife), now)
}

// SignInText is what the holder of a certificate signs to sign in: the challenge bound to this one purpose and role, and to the
// authority (host[:port], lower-case, no default port) by which the holder reached us. A certificate serves on many platforms:
// what one of them has signed for a sign-in begins no session on another.
func SignInText(authority, challenge string, role Role) []byte {
	return []byte("baohan/sign-in/2\n" + authority + "\n" + challenge + "\n" + string(role) + "\n")
}

// SignIn proves by a signature over SignInText who is there, and begins a session in role. A bidder whose
// certificate comes from an accepted authority is registered by it; every other role was given by the operator,
// and its certificate is one that the operator admitted. The challenge is spent whatever the outcome.
func (d *Desk) SignIn(ctx context.Context, authority string, chain []signing.Certificate, challenge string, sig signing.Signature, role Role) (string, Actor, error) {
	now := d.now()
	if err := takeChallenge(ctx, d.pool, challengeID(challenge), now); err != nil {
		return "", Actor{}, err
	}
	if len(chain) == 0 {
		return "", Actor{}, errSignature
	}
	if err := d.trust.Verify(chain, signing.UseSign, now); err != nil {
		return "", Actor{}, untrusted(err)
	}
	leaf := chain[0]
	if err := signing.Verify(leaf.PublicKey(), SignInText(authority, challenge, role), sig); err != nil {
		return "", Actor{}, errSignature
	}
	org, err := d.recognise(ctx, chain, role)
	if err != nil {
		return "", Actor{}, err
	}
	actor := Actor{USCC: org.USCC, Name: org.Name, Role: role, Certificate: leaf.Fingerprint()}
	token, err := d.begin(ctx, actor)
	return token, actor, err
}

// recognise finds the organisation behind a certificate that was proved, registering a bidder on the way.
func (d *Desk) recognise(ctx context.Context, chain []signing.Certificate, role Role) (Organisation, error) {
	if role == Bidder {
		if err := d.admitBidder(ctx, chain); err != nil {
			return Organisation{}, err
		}
	}
	row, err := readCertificate(ctx, d.pool, chain[0].Fingerprint())
	if err != nil {
		return Organisation{}, err
	}
	org, err := readOrganisation(ctx, d.pool, row.USCC)
	if err != nil {
		return Organisation{}, err
	}
	if row.RemovedAt != nil || org.Status != Active || !org.Has(role) {
		return Organisation{}, errRole
	}
	if !row.serves(role) {
		return Organisation{}, errSelf
	}
	return org, nil
}

func (d *Desk) admitBidder(ctx context.Context, chain []signing.Certificate) error {
	s := chain[0].Subject()
	org := Organisation{USCC: s.OrganizationID, Name: s.Organization, Roles: []Role{Bidder},
		Status: Active, AdmittedBy: Self, AdmittedAt: d.now()}
	if err := org.check(); err != nil {
		return Unauthentic("session.subject", "证书中没有完整的单位名称和统一社会信用代码；请向证书机构申请单位证书")
	}
	return d.change(ctx, func(tx pgx.Tx) error {
		return d.admitTx(ctx, tx, org, [][]signing.Certificate{chain})
	})
}

// begin seals the actor under the token, so that the table tells nobody who is signed in.
func (d *Desk) begin(ctx context.Context, actor Actor) (string, error) {
	token := signing.Random(32)
	plain, err := json.Marshal(actor)
	if err != nil {
		return "", err
	}
	id := sessionID(token)
	sealed, err := signing.SealGCM(sessionKey(token), padded(plain), id[:])
	if err != nil {
		return "", err
	}
	now := d.now()
	return hex.EncodeToString(token), insertSession(ctx, d.pool, id, sealed, now.Add(SessionLife), now)
}

// Session finds who holds token. The certificate behind it must still be on record and the organisation active:
// removing a certificate ends its sessions, and so does its revocation.
func (d *Desk) Session(ctx context.Context, token string) (Actor, error) {
	actor, _, err := d.session(ctx, token)
	return actor, err
}

func (d *Desk) session(ctx context.Context, token string) (actor Actor, row sessionRow, err error) {
	raw, err := hex.DecodeString(token)
	if err != nil || len(raw) != 32 {
		return actor, row, errSession
	}
	id := sessionID(raw)
	if row, err = readSession(ctx, d.pool, id, d.now()); err != nil {
		return actor, row, err
	}
	if row.over(d.Idle, d.now()) {
		return actor, row, errIdle
	}
	plain, err := signing.OpenGCM(sessionKey(raw), row.Sealed, id[:])
	if err != nil {
		return actor, row, errSession
	}
	if err := json.Unmarshal(plain, &actor); err != nil {
		return Actor{}, row, errors.New("party: a session on record does not read")
	}
	return actor, row, d.stillGood(ctx, actor)
}

func (d *Desk) stillGood(ctx context.Context, a Actor) error {
	row, err := readCertificate(ctx, d.pool, a.Certificate)
	if errors.Is(err, errNoCertificate) {
		return errSession
	}
	if err != nil {
		return err
	}
	org, err := readOrganisation(ctx, d.pool, a.USCC)
	if err != nil {
		return err
	}
	if !row.liveAt(d.now()) || !row.serves(a.Role) || org.Status != Active || !org.Has(a.Role) {
		return errSession
	}
	if _, err = d.trusted(row, signing.UseSign); err == nil {
		return nil
	}
	if _, refused := RefusalOf(err); refused {
		return errSession
	}
	return err
}

// SignOut ends the session; an unknown token is no error.
func (d *Desk) SignOut(ctx context.Context, token string) error {
	if raw, err := hex.DecodeString(token); err == nil && len(raw) == 32 {
		return deleteSession(ctx, d.pool, sessionID(raw))
	}
	return nil
}

// UseNonce spends a machine's nonce, durably: ErrReplayed when it was spent before. Until is the instant (of
// real time) after which the message would be refused as expired anyway; the row may go then.
func (d *Desk) UseNonce(ctx context.Context, sender, nonce string, until time.Time) error {
	return insertNonce(ctx, d.pool, signing.TaggedSum("baohan/nonce/1", []byte(sender), []byte(nonce)), until)
}

func challengeID(c string) signing.Digest { return signing.TaggedSum("baohan/challenge/1", []byte(c)) }
func sessionID(t []byte) signing.Digest   { return signing.TaggedSum("baohan/session/1", t) }

func sessionKey(t []byte) []byte {
	k := signing.TaggedSum("baohan/session-key/1", t)
	return k[:16]
}

// padded fills JSON with spaces to a multiple of 512 bytes: the length of a name must not tell it.
func padded(plain []byte) []byte {
	for len(plain)%512 != 0 {
		plain = append(plain, ' ')
	}
	return plain
}

// untrusted says in words why a chain does not hold.
func untrusted(err error) error {
	switch {
	case errors.Is(err, signing.ErrExpired), errors.Is(err, signing.ErrNotYetValid):
		return Unauthentic("certificate.expired", "证书不在有效期内；请到证书机构更新后重试")
	case errors.Is(err, signing.ErrRevoked):
		return Unauthentic("certificate.revoked", "证书已被吊销；请到证书机构重新申请")
	case errors.Is(err, signing.ErrKeyUsage):
		return Unauthentic("certificate.usage", "证书用途不符；登录请选择签名证书")
	}
	return Unauthentic("certificate.untrusted", "证书不是由平台认可的电子认证服务机构签发；请换用认可机构的证书")
}
