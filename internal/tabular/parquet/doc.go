// Package parquet reads and writes Parquet files as Arrow record batches.
//
// Writing goes through parquet-go's column writers. Reading takes parquet-go's
// metadata types, and decodes pages itself, for three reasons: a page is
// decoded as far as a batch needs it, straight into the batch's Arrow buffers;
// no count in a hostile file becomes an allocation that its bytes do not
// justify; and a projection or row range touches no other column or page.
//
// Reference: https://github.com/apache/parquet-format.
package parquet
