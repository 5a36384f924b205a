//! The streams of the partitions that are read: which line is whose, in which order, and what is open where.

pub mod clock;
pub mod joining;
pub mod marks;
pub mod member;
pub mod members;
pub mod order;
pub mod out;
pub mod partition;
