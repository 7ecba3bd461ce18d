#[allow(clippy::all, clippy::pedantic)]
const _: () = {
    #[allow(unused_imports)]
    use crate::vendored::sdk::__private::Unkept as _;
    #[allow(unused_imports)]
    use crate::vendored::sdk::__private::PlainSlot as _;
    const __SLOT_0: crate::vendored::sdk::workflow::Slot = crate::vendored::sdk::__private::slot_of_kind(
        crate::vendored::sdk::__private::slot::<
            Notes,
        >(
            ("notes", "Notes"),
            <Notes as crate::vendored::sdk::__private::SlotType>::SCHEMA,
            ::core::option::Option::Some(|| {
                let __default: Notes = ::core::default::Default::default();
                crate::vendored::sdk::__private::slot_default::<
                    Notes,
                >(<crate::vendored::sdk::__private::Codec<Notes>>::OF, __default)
            }),
            ::core::option::Option::Some(|__there, __written| {
                let __reduce: crate::vendored::sdk::__private::Reduce<Notes> = join;
                crate::vendored::sdk::__private::slot_reduce::<
                    Notes,
                >(
                    <crate::vendored::sdk::__private::Codec<Notes>>::OF,
                    __there,
                    __written,
                    __reduce,
                )
            }),
        ),
        <crate::vendored::sdk::__private::SlotProbe<Notes>>::KEYED,
    );
    #[automatically_derived]
    impl crate::vendored::sdk::workflow::SlotOf<Trip> for Notes {
        const INDEX: ::core::primitive::usize = 0usize;
    }
    #[automatically_derived]
    impl crate::vendored::sdk::workflow::WorkflowState for Trip {
        type This = Self;
        const SLOTS: &'static [crate::vendored::sdk::workflow::Slot] = &[__SLOT_0];
        const DEFAULTS: ::core::primitive::u128 = crate::vendored::sdk::__private::slots_with_defaults(
            <Self as crate::vendored::sdk::workflow::WorkflowState>::SLOTS,
        );
        const REDUCED: ::core::primitive::u128 = crate::vendored::sdk::__private::reduced_slots(
            <Self as crate::vendored::sdk::workflow::WorkflowState>::SLOTS,
        );
    }
    #[allow(dead_code)]
    fn __used(__state: Trip) -> Trip {
        let Trip { notes } = __state;
        Trip { notes }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use crate::vendored::sdk::__private::ide::slot::{default as _, reduce as _};
    }
};
