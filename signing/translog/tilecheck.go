package translog

import (
	"context"
	"fmt"
	"iter"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// Tile is a row of the stored tree.
type Tile struct {
	Level, Index uint64
	Nodes        []byte
}

// maxTileLevel is the level of the one tile over a log of tlog.MaxSize.
const maxTileLevel = 10

// Tiles are the tiles of the stored tree in a database, as DumpFile has them.
func Tiles(ctx context.Context, q store.Querier) iter.Seq2[Tile, error] {
	type stored struct {
		Index int64
		Nodes []byte
	}
	return func(yield func(Tile, error) bool) {
		more := true
		for level := uint64(0); more && level <= maxTileLevel; level++ {
			pages(ctx, q, fmt.Sprintf(`SELECT index, nodes FROM log_tile WHERE level = %d AND index > @after ORDER BY index LIMIT @n`, level), dumpAtOnce>>tileHeight,
				func(r stored) (int64, bool) {
					more = yield(Tile{level, uint64(r.Index), r.Nodes}, nil)
					return r.Index, more
				}, func(err error) { more = yield(Tile{}, err) && false })
		}
	}
}

// bottomOf gives what a tile of the lowest level has stored of the lines.
func bottomOf(t Tile, yield func(tlog.Entry, error) bool) bool {
	if len(t.Nodes) != tileSize || t.Index > tlog.MaxSize>>tileHeight {
		return true // what is not there is missed
	}
	for i := range 1 << tileHeight {
		hash := signing.Digest(t.Nodes[i*nodeSize : (i+1)*nodeSize])
		if !hash.IsZero() && !yield(tlog.Entry{Position: t.Index<<tileHeight + uint64(i), Hash: hash}, nil) {
			return false
		}
	}
	return true
}

// canopy is what stands over the lowest nodes: within a tile each node follows from the two below it, and what is on top
// of a full tile stands once more at the bottom of another.
type canopy struct {
	lines uint64
	seen  map[tileID]bool
	tops  map[tlog.Node]signing.Digest
	lows  map[tlog.Node]signing.Digest
	fault *tlog.Fault
}

// CheckTiles goes on where tlog.Audit ends, which holds the lowest nodes of the tree against the lines: it holds every
// node over them against those below it. The fault is the lowest, and of several the first.
func CheckTiles(tiles iter.Seq2[Tile, error], lines uint64) (*tlog.Fault, error) {
	c := canopy{lines: lines, seen: map[tileID]bool{}, tops: map[tlog.Node]signing.Digest{}, lows: map[tlog.Node]signing.Digest{}}
	for t, err := range tiles {
		if err != nil {
			return nil, err
		}
		c.within(t)
	}
	for node, hash := range c.tops {
		if c.lows[node] != hash {
			c.bad(node)
		}
	}
	for node := range c.lows {
		if _, stands := c.tops[node]; !stands {
			c.bad(node)
		}
	}
	return c.fault, nil
}

// within checks one tile from its bottom up.
func (c *canopy) within(t Tile) {
	if t.Level > maxTileLevel || t.Index > tlog.MaxSize>>tileHeight {
		c.bad(tlog.Node{Index: c.lines}) // a tile of no log
		return
	}
	id := tileID{int16(t.Level), int64(t.Index)}
	base := uint(t.Level) * tileHeight
	if c.seen[id] || len(t.Nodes) != tileSize {
		c.bad(tlog.Node{Level: base + tileHeight, Index: t.Index})
		return
	}
	c.seen[id] = true
	below := c.bottom(t, base)
	for depth := uint(1); depth < tileHeight; depth++ {
		above := parents(below)
		for i, want := range above {
			n := tlog.Node{Level: base + depth, Index: t.Index<<(tileHeight-depth) + uint64(i)}
			if _, at := place(n); signing.Digest(t.Nodes[at:at+nodeSize]) != want {
				c.bad(n)
			}
		}
		below = above
	}
	if top := parents(below)[0]; !top.IsZero() {
		c.tops[tlog.Node{Level: base + tileHeight, Index: t.Index}] = top
	}
}

// bottom is a tile's lowest nodes; those of the lowest level end with the lines.
func (c *canopy) bottom(t Tile, base uint) []signing.Digest {
	nodes := make([]signing.Digest, 1<<tileHeight)
	for i := range nodes {
		nodes[i] = signing.Digest(t.Nodes[i*nodeSize : (i+1)*nodeSize])
		n := tlog.Node{Level: base, Index: t.Index<<tileHeight + uint64(i)}
		switch {
		case nodes[i].IsZero():
		case base > 0:
			c.lows[n] = nodes[i]
		case n.Index >= c.lines:
			c.bad(n)
		}
	}
	return nodes
}

// parents are the nodes over a row: zero over what is not full.
func parents(below []signing.Digest) []signing.Digest {
	above := make([]signing.Digest, len(below)/2)
	for i := range above {
		if left, right := below[2*i], below[2*i+1]; !left.IsZero() && !right.IsZero() {
			above[i] = signing.Digest(tlog.NodeHash(left[:], right[:]))
		}
	}
	return above
}

// bad keeps the lowest fault, because it may be the cause of those over it, and of several the first.
func (c *canopy) bad(n tlog.Node) {
	f := &tlog.Fault{Kind: tlog.BadHash, Position: n.Index << n.Level, Last: (n.Index+1)<<n.Level - 1}
	wide := func(f *tlog.Fault) uint64 { return f.Last - f.Position }
	if c.fault == nil || wide(f) < wide(c.fault) || wide(f) == wide(c.fault) && f.Position < c.fault.Position {
		c.fault = f
	}
}
