package translog

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
	"baohan/signing/tlog"
)

// A tile holds the nodes of a subtree of five levels, all of them, so that a proof reads few rows and hashes nothing.
const (
	tileHeight = 5
	nodeSize   = len(signing.Digest{})
	tileSize   = (1<<(tileHeight+1) - 2) * nodeSize
)

// tileID names a tile: how many tiles above the leaves, and which of those, both from 0.
type tileID struct {
	level int16
	index int64
}

// place is where a node stands: in which tile, at which byte. In a tile come its 32 lowest nodes, then the 16 above
// them, 8, 4 and 2; the one on top is the lowest of another tile.
func place(n tlog.Node) (tileID, int) {
	depth := n.Level % tileHeight
	row := uint(tileHeight) - depth // 2^row nodes of this depth
	before := 1<<(tileHeight+1) - 1<<(row+1)
	within := int(n.Index & (1<<row - 1))
	return tileID{int16(n.Level / tileHeight), int64(n.Index >> row)}, (before + within) * nodeSize
}

// readTiles reads tiles by their names; what is not stored is missing from the answer.
func readTiles(ctx context.Context, q store.Querier, ids []tileID) (map[tileID][]byte, error) {
	levels, indexes := make([]int16, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		levels[i], indexes[i] = id.level, id.index
	}
	rows, err := q.Query(ctx, `SELECT level, index, nodes FROM unnest(@levels::smallint[], @indexes::bigint[]) AS wanted (level, index)
		JOIN log_tile USING (level, index)`, pgx.NamedArgs{"levels": levels, "indexes": indexes})
	if err != nil {
		return nil, err
	}
	tiles := make(map[tileID][]byte, len(ids))
	var id tileID
	var nodes []byte
	_, err = pgx.ForEachRow(rows, []any{&id.level, &id.index, &nodes}, func() error {
		if len(nodes) != tileSize {
			return fmt.Errorf("%w: tile %d/%d", ErrCorrupt, id.level, id.index)
		}
		tiles[id] = bytes.Clone(nodes)
		return nil
	})
	return tiles, err
}

func tilesOf(nodes []tlog.Node) []tileID {
	wanted := map[tileID]bool{}
	for _, n := range nodes {
		id, _ := place(n)
		wanted[id] = true
	}
	return slices.Collect(maps.Keys(wanted))
}

// readNodes reads the hashes of nodes that are full, in their order.
func readNodes(ctx context.Context, q store.Querier, nodes []tlog.Node) ([][]byte, error) {
	tiles, err := readTiles(ctx, q, tilesOf(nodes))
	if err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(nodes))
	for i, n := range nodes {
		id, at := place(n)
		if tiles[id] == nil || signing.Digest(tiles[id][at:at+nodeSize]).IsZero() {
			return nil, fmt.Errorf("%w: node %d/%d is missing", ErrCorrupt, n.Level, n.Index)
		}
		hashes[i] = tiles[id][at : at+nodeSize]
	}
	return hashes, nil
}

// writeNodes puts nodes that have just become full into their tiles.
func writeNodes(ctx context.Context, tx pgx.Tx, made map[tlog.Node][]byte) error {
	ids := tilesOf(slices.Collect(maps.Keys(made)))
	tiles, err := readTiles(ctx, tx, ids)
	if err != nil {
		return err
	}
	for n, hash := range made {
		id, at := place(n)
		if tiles[id] == nil {
			tiles[id] = make([]byte, tileSize)
		}
		copy(tiles[id][at:], hash)
	}
	levels, indexes, nodes := make([]int16, len(ids)), make([]int64, len(ids)), make([][]byte, len(ids))
	for i, id := range ids {
		levels[i], indexes[i], nodes[i] = id.level, id.index, tiles[id]
	}
	_, err = tx.Exec(ctx, `INSERT INTO log_tile (level, index, nodes)
		SELECT level, index, nodes FROM unnest(@levels::smallint[], @indexes::bigint[], @nodes::bytea[]) AS t (level, index, nodes)
		ON CONFLICT (level, index) DO UPDATE SET nodes = EXCLUDED.nodes`,
		pgx.NamedArgs{"levels": levels, "indexes": indexes, "nodes": nodes})
	return err
}

// compareNodes checks that the stored nodes are those that were computed again.
func compareNodes(ctx context.Context, q store.Querier, made map[tlog.Node][]byte) error {
	nodes := slices.Collect(maps.Keys(made))
	stored, err := readNodes(ctx, q, nodes)
	if err != nil {
		return err
	}
	for i, n := range nodes {
		if !bytes.Equal(stored[i], made[n]) {
			return fmt.Errorf("%w: node %d/%d", ErrCorrupt, n.Level, n.Index)
		}
	}
	return nil
}
