//! Statuses: enums that are stored and sent by the names of their variants, as text. sqlx derives for an
//! enum a type of PostgreSQL's own, which each connection looks up by its name first.

/// Defines a status. Its table has a `CHECK` with the same names.
macro_rules! status {
    (
        $(#[$about:meta])*
        $visibility:vis enum $name:ident { $($(#[$about_variant:meta])* $variant:ident),+ $(,)? }
    ) => {
        $(#[$about])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize,
            ::utoipa::ToSchema,
        )]
        $visibility enum $name { $($(#[$about_variant])* $variant),+ }

        impl<D: ::sqlx::Database> ::sqlx::Type<D> for $name
        where
            str: ::sqlx::Type<D>,
        {
            fn type_info() -> D::TypeInfo {
                <str as ::sqlx::Type<D>>::type_info()
            }

            fn compatible(info: &D::TypeInfo) -> bool {
                <str as ::sqlx::Type<D>>::compatible(info)
            }
        }

        impl<'r, D: ::sqlx::Database> ::sqlx::Decode<'r, D> for $name
        where
            &'r str: ::sqlx::Decode<'r, D>,
        {
            fn decode(value: D::ValueRef<'r>) -> Result<Self, ::sqlx::error::BoxDynError> {
                match <&str as ::sqlx::Decode<D>>::decode(value)? {
                    $(stringify!($variant) => Ok(Self::$variant),)+
                    other => Err(format!("unknown status {other}").into()),
                }
            }
        }

        impl<'q, D: ::sqlx::Database> ::sqlx::Encode<'q, D> for $name
        where
            &'q str: ::sqlx::Encode<'q, D>,
        {
            fn encode_by_ref(
                &self,
                buffer: &mut D::ArgumentBuffer,
            ) -> Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                let name = match self { $(Self::$variant => stringify!($variant)),+ };
                <&str as ::sqlx::Encode<D>>::encode(name, buffer)
            }
        }
    };
}

pub(crate) use status;
