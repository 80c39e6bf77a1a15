/// A whole store in one file, to carry what is stored from one kind of store to another.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | what is copied of objects | [ObjectRecord] |
/// | what a store offers for it | [ObjectRecords], [StoreContent] |
/// | the file | [RecordFile] |
/// | export and import | [StoreCopy] |
@NullMarked
package io.holdfast.persistence.copy;

import org.jspecify.annotations.NullMarked;
