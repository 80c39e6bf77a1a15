/// TLS between the nodes of a cluster: see docs/operating.md, "TLS between nodes".
@NullMarked
package io.holdfast.node.tls;

import org.jspecify.annotations.NullMarked;
