package parquet

import (
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The parts of a footer that reading needs. Names and numbers are those of the
// format's parquet.thrift; parquet-go's own structs ask for fields that the
// format leaves optional, and hold statistics that are of no use here.
type (
	fileMetaData struct {
		Schema           thrift.Slice[format.SchemaElement] `thrift:"2,required"`
		NumRows          int64                              `thrift:"3,required"`
		RowGroups        thrift.Slice[rowGroup]             `thrift:"4,required"`
		KeyValueMetadata thrift.Slice[keyValue]             `thrift:"5,optional"`
	}

	rowGroup struct {
		Columns thrift.Slice[columnChunk] `thrift:"1,required"`
		NumRows int64                     `thrift:"3,required"`
	}

	columnChunk struct {
		FilePath          string         `thrift:"1,optional"`
		MetaData          columnMetaData `thrift:"3,optional"`
		OffsetIndexOffset int64          `thrift:"4,optional"`
		OffsetIndexLength int32          `thrift:"5,optional"`
	}

	columnMetaData struct {
		Type                  format.Type                            `thrift:"1,required"`
		Codec                 format.CompressionCodec                `thrift:"4,required"`
		NumValues             int64                                  `thrift:"5,required"`
		TotalUncompressedSize int64                                  `thrift:"6,required"`
		TotalCompressedSize   int64                                  `thrift:"7,required"`
		DataPageOffset        int64                                  `thrift:"9,required"`
		DictionaryPageOffset  int64                                  `thrift:"11,optional"`
		EncodingStats         thrift.Slice[format.PageEncodingStats] `thrift:"13,optional"`
	}

	keyValue struct {
		Key   string `thrift:"1,required"`
		Value string `thrift:"2,optional"`
	}
)
